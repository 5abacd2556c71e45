package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * BYOL's regression: each view's normalised prediction is pulled to the other view's normalised target.
 *
 * <p>{@code L = mean_i |n(p1_i) - n(z2_i)|^2 + mean_i |n(p2_i) - n(z1_i)|^2 = 4 - 2 mean cos(p1, z2) - 2 mean cos(p2, z1)}
 * with {@code n(x) = x / max(|x|, eps)}, written with cosines. Targets come from the moving average of the network and get no
 * gradient.
 *
 * <p>Two predictions and two targets (n, d), n at least 1. Inputs are not modified; the gradients of the predictions are
 * overwritten. The value lies in [0, 8]: 0 when every prediction points along its target, 4 for unrelated ones. Time O(n d),
 * no memory.
 *
 * <p>A prediction not longer than eps gets no gradient; a target of zeros contributes cosine 0. NaN in a row gives a NaN loss
 * and a NaN gradient of that row.
 *
 * <p>Source: Grill et al., <i>Bootstrap Your Own Latent</i>, NeurIPS 2020, eq. 2;
 * {@code deepmind-research/byol/utils/helpers.py: regression_loss}.
 *
 * @param eps least norm, above 0
 */
public record Byol(float eps) implements PredictiveLoss {
    /** Checks the setting. */
    public Byol {
        Check.positive("eps", eps);
    }

    /** The clamp of PyTorch's {@code normalize}: 1e-12. */
    public static Byol defaults() {
        return new Byol(1e-12f);
    }

    @Override
    public String name() {
        return "byol";
    }

    @Override
    public DoubleSupplier on(List<Tensor> predictions, List<Tensor> targets, @Nullable List<Tensor> gradients) {
        CrossPrediction both = CrossPrediction.of(name(), predictions, targets, eps, 2, gradients);
        return () -> (2 + 2 * both.first().value()) + (2 + 2 * both.second().value());
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
