package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Spectral contrastive loss: pulls pairs together and pushes the squared products of other rows down; its minimum factorises
 * the adjacency matrix of the augmentation graph.
 *
 * <p>With {@code a} and {@code b} the rows of two views, those longer than {@code sqrt(mu)} scaled to that norm and shorter
 * ones as they are:
 *
 * <pre>{@code
 * L = 1/mu [ -2/n sum_i <a_i, b_i> + 1/(n (n-1)) sum_{i != j} <a_i, b_j>^2 ]
 * }</pre>
 *
 * <p>As {@code ||A B^T||_F^2 = <A^T A, B^T B>_F}, the sum of squares comes from n x n products of samples or from the d x d
 * Grams of the features; the cap is no obstacle, because rows are cut before, and the gradient goes through the cut rows.
 *
 * <p>Shapes: two views float32 (n, d), two gradients. The loss is at least -2, without unit for rows of norm
 * {@code sqrt(mu)} at {@code mu = 1}. Nothing but the gradients is modified. On the sample side {@code 2 n^2 d} FLOP for
 * the value, {@code 6 n^2 d} with the gradient, and the matrix of products is never stored: {@code 6 n d} floats of scratch and
 * one tile per thread. On the feature side {@code 2 n d^2} and {@code 6 n d^2} FLOP, {@code 2 n d + 2 d^2} floats. Same
 * input, same bits, whatever the thread count.
 *
 * <p>Fewer than two images are refused. A zero row is as good as any short one. The gradient of a row that was cut has no
 * part along the row. NaN or an infinity in a view gives NaN.
 *
 * <p>Source: HaoChen et al., Provable Guarantees for Self-Supervised Deep Learning with Spectral Contrastive Loss (arXiv
 * 2106.04156), equation 6; {@code jhaochenz/spectral_contrastive_learning: models/spectral.py}, which has the cap and the
 * division by mu.
 *
 * @param mu square of the largest norm, from 1e-30 to 1e30; 1 for CIFAR, 10 for ImageNet in the authors' runs
 * @param side which Gram matrices to visit. {@link GramSide#SAMPLES} is exact in every shape. {@link GramSide#FEATURES}
 *     subtracts the pairs' own squares, up to d / n of the total when they agree: nearly everything, and most digits, where
 *     d is above n. {@link GramSide#AUTO} takes the features from n = 1.25 d on, otherwise the samples
 */
public record SpectralContrastive(float mu, GramSide side) implements PairLoss {
    /**
     * Checks mu.
     *
     * @throws IllegalArgumentException if mu is not a number from 1e-30 to 1e30
     */
    public SpectralContrastive {
        Check.scale("mu", mu);
    }

    /** On the cheaper side that is also exact. */
    public SpectralContrastive(float mu) {
        this(mu, GramSide.AUTO);
    }

    /** Norms up to 1. */
    public static SpectralContrastive defaults() {
        return new SpectralContrastive(1);
    }

    @Override
    public String name() {
        return "spectral";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return TwoViews.on(name(), views, gradients, this::kernel)::value;
    }

    @Override
    public double evaluate(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        return kernel(za, zb, dza, dzb).value();
    }

    private Numbers kernel(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        // the roles of rows and columns are exchanged: here the samples are the side that nothing cancels on
        boolean onSamples = side == GramSide.AUTO
                ? !GramSide.AUTO.onSamples(za.shape().size(1), za.shape().size(0))
                : side == GramSide.SAMPLES;
        return za.device().backend().contrastive().spectral(za, zb, mu, onSamples, dza, dzb);
    }
}
