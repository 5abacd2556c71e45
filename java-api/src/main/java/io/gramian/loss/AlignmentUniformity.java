package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Alignment and uniformity on the sphere: views of an image close together, images spread evenly. A loss, and a pair of
 * measures of any embedding.
 *
 * <p>With unit rows {@code u = x / max(|x|, 1e-12)}, v of the other view: {@code L = alignment + weight uniformity},
 * {@code alignment = mean_i |u_i - v_i|^alpha}, {@code uniformity = 1/2 [ f(u) + f(v) ]},
 * {@code f(u) = log mean over i < j of exp(-t |u_i - u_j|^2)}.
 *
 * <p>Two views (n, d), n at least 2. The views are not modified; the gradients are overwritten. Alignment lies in
 * [0, 2^alpha]; uniformity in [-4 t, 0], near -2 t for rows spread evenly in many dimensions. Time O(n^2 d); memory: up to four copies of a
 * view and 512 n numbers; never n x n.
 *
 * <p>A row of zeros stays zero, at distance 1 from unit rows, and gets no gradient. Rows that are the same in both views are
 * not pulled, also where alpha is at most 1 and the slope there does not exist; close to such rows the pull grows without
 * bound for alpha below 1. NaN in a view gives NaN.
 *
 * <p>Source: Wang and Isola, <i>Understanding Contrastive Representation Learning through Alignment and Uniformity on the
 * Hypersphere</i>, ICML 2020, section 4.1.
 *
 * @param weight of the uniformity, at least 0
 * @param t width of the Gaussian potential, in (0, 21]: beyond, potentials of opposite rows are no normal float32
 * @param alpha power of the distance of the views, above 0; 2 in the paper's main results
 */
public record AlignmentUniformity(float weight, float t, float alpha) implements TermLoss<AlignmentUniformity.Terms> {
    /** Checks the settings. */
    public AlignmentUniformity {
        Check.nonNegative("weight", weight);
        Check.positive("t", t);
        Check.positive("alpha", alpha);
    }

    /** Squared distances of the views: alpha 2. */
    public AlignmentUniformity(float weight, float t) {
        this(weight, t, 2);
    }

    /** The authors' settings: weight 1, t 2, alpha 2. */
    public static AlignmentUniformity defaults() {
        return new AlignmentUniformity(1, 2);
    }

    /**
     * The two parts of the loss.
     *
     * @param alignment mean distance of the views, to the power of alpha
     * @param uniformity mean over the views of the logarithmic potential, without the weight
     */
    public record Terms(double alignment, double uniformity) {}

    @Override
    public String name() {
        return "alignment-uniformity";
    }

    @Override
    public double total(Terms terms) {
        return total(new double[] {terms.alignment(), terms.uniformity()});
    }

    private double total(double[] numbers) {
        return numbers[0] + weight * numbers[1];
    }

    @Override
    public LossTerms named(Terms terms) {
        return LossTerms.of(total(terms)).with("alignment", terms.alignment()).with("uniformity", terms.uniformity());
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        Numbers numbers = TwoViews.on(name(), views, gradients, this::kernel);
        return () -> total(numbers.run());
    }

    @Override
    public Terms evaluate(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy) {
        double[] terms = kernel(x, y, dx, dy).run();
        return new Terms(terms[0], terms[1]);
    }

    private Numbers kernel(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy) {
        return x.device().backend().predictive().alignmentUniformity(x, y, weight, t, alpha, dx, dy);
    }
}
