package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Covariance;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * VICReg: pulls two views together, keeps the variance of every feature, and decorrelates features.
 *
 * <p>{@code L = invariance mean((x - y)^2) + variance h [v(x) + v(y)] + covariance [c(x) + c(y)]} with
 * {@code v = mean_j relu(gamma - sqrt(var_j + eps))}, {@code c = (1/d) sum_{i != j} Cov_ij^2}, variances and
 * covariances with divisor n - 1, and h = 1/2 as in the authors' code or 1 as in the paper.
 *
 * <p>Two views (n, d), n at least 2. The views are not modified; the gradients are overwritten. Time
 * O(n d min(n, d)); memory beside the gradients: on the sample side two n x n matrices and a panel of some MB, on the
 * feature side two centred copies and 512 d numbers; never d x d.
 *
 * <p>At exact collapse (both views constant and equal) the gradient is exactly 0: VICReg does not leave it. NaN in a
 * view gives a NaN loss and NaN gradients.
 *
 * <p>Source: Bardes, Ponce, LeCun, <i>VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised
 * Learning</i>, ICLR 2022, eq. 1 to 6; {@code facebookresearch/vicreg: main_vicreg.py}, which halves the variance term.
 * The published numbers were made with that code; solo-learn does not halve.
 *
 * @param invariance weight of the distance between views, at least 0
 * @param variance weight of the variance hinge, at least 0
 * @param covariance weight of the covariance penalty, at least 0
 * @param eps added to the variances, above 0
 * @param gamma standard deviation from which on the hinge is 0, at least 0
 * @param halvedVariance whether the variance term of each view is halved
 * @param side which Gram matrix to visit
 */
public record VicReg(
        float invariance,
        float variance,
        float covariance,
        float eps,
        float gamma,
        boolean halvedVariance,
        GramSide side)
        implements VicRegTerms {
    /** Checks the settings. */
    public VicReg {
        VicRegTerms.check(invariance, variance, covariance, eps, gamma);
    }

    /**
     * The three parts of the loss, without their weights.
     *
     * @param invariance mean squared distance between the views
     * @param variance sum over the views of the hinge on standard deviations, halved if the settings say so
     * @param covariance sum over the views of the squared off-diagonal covariances divided by d
     */
    public record Terms(double invariance, double variance, double covariance) {}

    /** The settings of the authors' code: weights 25, 25, 1, eps 1e-4, gamma 1, variance halved. */
    public static VicReg defaults() {
        return new VicReg(25, 25, 1, 1e-4f, 1, true, GramSide.AUTO);
    }

    @Override
    public String name() {
        return "vicreg";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return VicRegTerms.total(this, TwoViews.on(name(), views, gradients, this::kernel));
    }

    @Override
    public Terms evaluate(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy) {
        return VicRegTerms.terms(kernel(x, y, dx, dy));
    }

    private Numbers kernel(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy) {
        Covariance room = x.device().backend().covariance();
        boolean onSamples = side.onSamples(x.shape().size(0), x.shape().size(1));
        return room.vicReg(x, y, invariance, variance, covariance, eps, gamma, hinge(), onSamples, dx, dy);
    }
}
