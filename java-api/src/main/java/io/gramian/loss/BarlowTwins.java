package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Covariance;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Barlow Twins: pulls the cross-correlation of two views towards the identity.
 *
 * <p>{@code L = scale [ sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2 ]} with {@code C = a^T b / n} and columns
 * standardised over the batch, {@code a = (A - mean) / sqrt(biased variance + eps)} (or as {@link Standardization}
 * says). A sum over features, not a mean: it grows with d, from about d at the start of training to near 0.
 *
 * <p>Two views (n, d), n at least 2. The views are not modified; the gradients are overwritten. Time
 * O(n d min(n, d)); memory beside the gradients: on the sample side two n x n matrices and a panel of some MB, on the
 * feature side two standardised copies and 512 d numbers; never d x d.
 *
 * <p>A constant column counts as uncorrelated: its diagonal costs {@code scale}, and its gradient is 0 when it is
 * constant in both views. NaN in a view gives a NaN loss and NaN gradients.
 *
 * <p>Source: Zbontar et al., <i>Barlow Twins: Self-Supervised Learning via Redundancy Reduction</i>, ICML 2021, eq. 1
 * and 2; {@code facebookresearch/barlowtwins: main.py}, which has lambda 0.0051 where the paper says 0.005. Some
 * libraries multiply by a scale: solo-learn by 0.025 or 0.1. stable-pretraining standardises by the unbiased deviation.
 *
 * @param lambda weight of the off-diagonal part, at least 0
 * @param eps added to the variances, or to the deviations as {@code standardization} says; above 0
 * @param scale factor of the whole loss, above 0
 * @param standardization how columns are scaled
 * @param side which Gram matrix to visit
 */
public record BarlowTwins(float lambda, float eps, float scale, Standardization standardization, GramSide side)
        implements TermLoss<BarlowTwins.Terms> {
    /** Checks the settings. */
    public BarlowTwins {
        Check.nonNegative("lambda", lambda);
        Check.positive("eps", eps);
        Check.positive("scale", scale);
    }

    /** Columns standardised as the authors do: {@link Standardization#BATCH_NORM}. */
    public BarlowTwins(float lambda, float eps, float scale, GramSide side) {
        this(lambda, eps, scale, Standardization.BATCH_NORM, side);
    }

    /**
     * The two parts of the loss, without lambda and scale.
     *
     * @param onDiagonal {@code sum_i (1 - C_ii)^2}: how far the views are from agreeing
     * @param offDiagonal {@code sum_{i != j} C_ij^2}: how much features repeat each other
     */
    public record Terms(double onDiagonal, double offDiagonal) {}

    /** The settings of the authors' code: lambda 0.0051, eps 1e-5, scale 1. */
    public static BarlowTwins defaults() {
        return new BarlowTwins(0.0051f, 1e-5f, 1, GramSide.AUTO);
    }

    @Override
    public String name() {
        return "barlow-twins";
    }

    @Override
    public double total(Terms terms) {
        return total(new double[] {terms.onDiagonal(), terms.offDiagonal()});
    }

    private double total(double[] numbers) {
        return scale * (numbers[0] + lambda * numbers[1]);
    }

    @Override
    public LossTerms named(Terms terms) {
        return LossTerms.of(total(terms))
                .with("on-diagonal", terms.onDiagonal())
                .with("off-diagonal", terms.offDiagonal());
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        Numbers numbers = TwoViews.on(name(), views, gradients, this::kernel);
        return () -> total(numbers.run());
    }

    @Override
    public Terms evaluate(Tensor a, Tensor b, @Nullable Tensor da, @Nullable Tensor db) {
        double[] terms = kernel(a, b, da, db).run();
        return new Terms(terms[0], terms[1]);
    }

    private Numbers kernel(Tensor a, Tensor b, @Nullable Tensor da, @Nullable Tensor db) {
        Covariance room = a.device().backend().covariance();
        boolean onSamples = side.onSamples(a.shape().size(0), a.shape().size(1));
        boolean outsideRoot = standardization == Standardization.UNBIASED;
        return room.barlowTwins(a, b, lambda, eps, outsideRoot, scale, onSamples, da, db);
    }
}
