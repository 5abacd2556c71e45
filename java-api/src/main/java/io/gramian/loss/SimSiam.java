package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * SimSiam's negative cosine: each view's prediction is turned towards the other view's projection.
 *
 * <p>{@code L = -1/2 [ mean_i cos(p1_i, z2_i) + mean_i cos(p2_i, z1_i) ]} with norms clamped at eps. The projections z are
 * targets: they get no gradient, which is what keeps the method from collapsing.
 *
 * <p>Two predictions and two targets (n, d), n at least 1. Inputs are not modified; the gradients of the predictions are
 * overwritten. The value lies in [-1, 1]: -1 when every prediction points along its target, 0 for unrelated ones. Time
 * O(n d), no memory.
 *
 * <p>A prediction not longer than eps counts as divided by eps and gets no gradient; a target of zeros contributes 0. NaN in
 * a row gives a NaN loss and a NaN gradient of that row.
 *
 * <p>Source: Chen and He, <i>Exploring Simple Siamese Representation Learning</i>, CVPR 2021, eq. 1 and 2;
 * {@code facebookresearch/simsiam: main_simsiam.py}, whose {@code CosineSimilarity} clamps at 1e-8.
 *
 * @param eps least norm, above 0
 */
public record SimSiam(float eps) implements PredictiveLoss {
    /** Checks the setting. */
    public SimSiam {
        Check.positive("eps", eps);
    }

    /** The clamp of the authors' code: 1e-8. */
    public static SimSiam defaults() {
        return new SimSiam(1e-8f);
    }

    @Override
    public String name() {
        return "simsiam";
    }

    @Override
    public DoubleSupplier on(List<Tensor> predictions, List<Tensor> targets, @Nullable List<Tensor> gradients) {
        CrossPrediction both = CrossPrediction.of(name(), predictions, targets, eps, 0.5f, gradients);
        return () -> (both.first().value() + both.second().value()) / 2;
    }

    @Override
    public double value(List<Tensor> predictions, List<Tensor> targets) {
        return on(predictions, targets, null).getAsDouble();
    }

    @Override
    public double valueAndGradient(List<Tensor> predictions, List<Tensor> targets, List<Tensor> gradients) {
        return on(predictions, targets, gradients).getAsDouble();
    }
}
