package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Covariance;
import java.util.List;

/**
 * Barlow Twins: pulls the cross-correlation of two views towards the identity.
 *
 * <p>{@code L = scale [ sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2 ]} with {@code C = a^T b / n} and columns
 * standardised over the batch, {@code a = (A - mean) / sqrt(biased variance + eps)}. A sum over features, not a mean:
 * it grows with d, from about d at the start of training to near 0.
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
 * libraries multiply by a scale of 0.025 or 0.1.
 *
 * @param lambda weight of the off-diagonal part, at least 0
 * @param eps added to the variances, above 0
 * @param scale factor of the whole loss, above 0
 * @param side which Gram matrix to visit
 */
public record BarlowTwins(float lambda, float eps, float scale, GramSide side) implements MultiViewLoss {
    /** Checks the settings. */
    public BarlowTwins {
        Check.nonNegative("lambda", lambda);
        Check.positive("eps", eps);
        Check.positive("scale", scale);
    }

    /** The settings of the authors' code: lambda 0.0051, eps 1e-5, scale 1. */
    public static BarlowTwins defaults() {
        return new BarlowTwins(0.0051f, 1e-5f, 1, GramSide.AUTO);
    }

    @Override
    public String name() {
        return "barlow-twins";
    }

    @Override
    public double value(List<Tensor> views) {
        TwoViews.check("barlow-twins", views);
        Tensor a = views.get(0);
        return room(a).barlowTwins(a, views.get(1), lambda, eps, scale, onSamples(a), null, null);
    }

    @Override
    public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        TwoViews.check("barlow-twins", views, gradients);
        Tensor a = views.get(0);
        return room(a).barlowTwins(
                        a, views.get(1), lambda, eps, scale, onSamples(a), gradients.get(0), gradients.get(1));
    }

    private static Covariance room(Tensor a) {
        return a.device().backend().covariance();
    }

    private boolean onSamples(Tensor a) {
        return side.onSamples(a.shape().size(0), a.shape().size(1));
    }
}
