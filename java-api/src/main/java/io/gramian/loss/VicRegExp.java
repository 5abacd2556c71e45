package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * VICReg whose covariance term is a log-sum-exp over features: the step from VICReg towards a contrastive loss.
 *
 * <p>{@code L = invariance mean((x - y)^2) + variance h [v(x) + v(y)] + covariance [c(x) + c(y)]} with v and h as in
 * {@link VicReg} and {@code c = (1/d) sum_i log sum_{j != i} exp(Cov_ij / temperature)}, covariances with divisor n - 1. The
 * covariance is signed: negatively correlated features are rewarded.
 *
 * <p>Two views (n, d), n and d at least 2. The views are not modified; the gradients are overwritten. Time O(n d^2);
 * memory beside the gradients: two centred copies and 512 d numbers; never d x d.
 *
 * <p>Any temperature above 0: exponentials are shifted by the largest of their row. NaN in a view gives a NaN loss and NaN
 * gradients.
 *
 * <p>Source: Garrido et al., <i>On the duality between contrastive and non-contrastive self-supervised learning</i>, ICLR
 * 2023 (arXiv 2206.02574), eq. 11 and 12. There is no official code; constants as in VICReg's.
 *
 * @param invariance weight of the distance between views, at least 0
 * @param variance weight of the variance hinge, at least 0
 * @param covariance weight of the covariance penalty, at least 0
 * @param eps added to the variances, above 0
 * @param gamma standard deviation from which on the hinge is 0, at least 0
 * @param halvedVariance whether the variance term of each view is halved
 * @param temperature divisor of the covariances, above 0
 */
public record VicRegExp(
        float invariance,
        float variance,
        float covariance,
        float eps,
        float gamma,
        boolean halvedVariance,
        float temperature)
        implements VicRegTerms {
    /** Checks the settings. */
    public VicRegExp {
        VicRegTerms.check(invariance, variance, covariance, eps, gamma);
        Check.positive("temperature", temperature);
    }

    /** VICReg's weights and constants (25, 25, 1, eps 1e-4, gamma 1, variance halved) and temperature 0.1. */
    public static VicRegExp defaults() {
        return new VicRegExp(25, 25, 1, 1e-4f, 1, true, 0.1f);
    }

    @Override
    public String name() {
        return "vicreg-exp";
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
        return x.device().backend().decorrelation().vicRegExp(x, y, weights(temperature), dx, dy);
    }
}
