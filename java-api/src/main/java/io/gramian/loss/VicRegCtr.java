package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * VICReg on the other Gram matrix: variance and covariance terms between samples instead of features, a contrastive loss made
 * of VICReg.
 *
 * <p>{@code L = invariance mean((x - y)^2) + variance h [v(x^T) + v(y^T)] + covariance [c(x^T) + c(y^T)]} with v and h as in
 * {@link VicReg} and c as in {@link VicRegExp}, of the transposed views: each sample is centred over its d entries, the
 * hinge acts on the deviation of a sample's entries, and the covariances (divisor d - 1) are between samples.
 *
 * <p>Two views (n, d), n and d at least 2. The views are not modified; the gradients are overwritten. Time O(n^2 d);
 * memory beside the gradients: up to six copies of a view and 512 n numbers; never n x n.
 *
 * <p>Any temperature above 0: exponentials are shifted by the largest of their row. NaN in a view gives a NaN loss and NaN
 * gradients.
 *
 * <p>Source: Garrido et al., <i>On the duality between contrastive and non-contrastive self-supervised learning</i>, ICLR
 * 2023 (arXiv 2206.02574), eq. 13. There is no official code; the paper leaves open whether samples are centred over their
 * entries, as here, or over the batch.
 *
 * @param invariance weight of the distance between views, at least 0
 * @param variance weight of the variance hinge, at least 0
 * @param covariance weight of the covariance penalty, at least 0
 * @param eps added to the variances, above 0
 * @param gamma standard deviation from which on the hinge is 0, at least 0
 * @param halvedVariance whether the variance term of each view is halved
 * @param temperature divisor of the covariances, above 0
 */
public record VicRegCtr(
        float invariance,
        float variance,
        float covariance,
        float eps,
        float gamma,
        boolean halvedVariance,
        float temperature)
        implements VicRegTerms {
    /** Checks the settings. */
    public VicRegCtr {
        VicRegTerms.check(invariance, variance, covariance, eps, gamma);
        Check.positive("temperature", temperature);
    }

    /** VICReg's weights and constants (25, 25, 1, eps 1e-4, gamma 1, variance halved) and temperature 0.1. */
    public static VicRegCtr defaults() {
        return new VicRegCtr(25, 25, 1, 1e-4f, 1, true, 0.1f);
    }

    @Override
    public String name() {
        return "vicreg-ctr";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return VicRegTerms.total(this, TwoViews.on(name(), views, gradients, this::kernel));
    }

    @Override
    public VicReg.Terms evaluate(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy) {
        return VicRegTerms.terms(kernel(x, y, dx, dy));
    }

    private Numbers kernel(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy) {
        return x.device().backend().decorrelation().vicRegCtr(x, y, weights(temperature), dx, dy);
    }
}
