package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * InfoNCE between two views: each row of one is to find its partner among all rows of the other.
 *
 * <pre>{@code
 * s_ij = <a_i, b_j> / temperature,  rows divided by their norms unless normalized is false
 * L    = 1/n sum_i [ log sum_j exp(s_ij) - s_ii ]                      one way
 * L    = half of that, plus half of the same with a and b exchanged    symmetric
 * }</pre>
 *
 * <p>Only rows of the other view are negatives: half as many as in {@link NtXent}, and another loss.
 *
 * <p>Shapes: two views float32 (n, d), two gradients. The loss is without unit, at least 0, and {@code log n} when all
 * similarities are equal. Nothing but the gradients is modified. {@code 2 n^2 d} FLOP for the value, {@code 8 n^2 d} with
 * the gradient; the matrix of similarities is never stored: {@code 6 n d} floats of scratch and one tile per thread. Same
 * input, same bits, whatever the thread count.
 *
 * <p>An empty batch gives 0; one image has no negatives and gives 0 with a zero gradient. A normalised row of norm at most
 * 1e-12 is divided by 1e-12 and gets a zero gradient. NaN or an infinity in a view gives NaN. Sums are shifted by their
 * largest term, so that no temperature and no length of unnormalised rows overflows.
 *
 * <p>Source: van den Oord et al., Representation Learning with Contrastive Predictive Coding (arXiv 1807.03748), equation
 * 4; symmetric as in Radford et al. (CLIP, arXiv 2103.00020), figure 3, and {@code facebookresearch/directclr}; one way and
 * unnormalised as in the toy tasks of the latter.
 *
 * @param temperature divisor of the similarities, from 1e-30 to 1e30; CLIP learns it from 0.07
 * @param normalized whether rows are divided by their norms
 * @param symmetric whether both directions are averaged; otherwise rows of the first view search the second
 */
public record InfoNce(float temperature, boolean normalized, boolean symmetric) implements MultiViewLoss {
    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30
     */
    public InfoNce {
        Check.temperature(temperature);
    }

    /**
     * A loss and its derivative with respect to the logarithm of the logit scale.
     *
     * @param loss the value
     * @param logScaleGradient dL / d log(1 / temperature); divide by -temperature for dL / d temperature
     */
    public record Result(double loss, double logScaleGradient) {}

    /** Symmetric, normalised, temperature 0.1. */
    public static InfoNce defaults() {
        return new InfoNce(0.1f, true, true);
    }

    @Override
    public String name() {
        return "info-nce";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return TwoViews.on(name(), views, gradients, this::kernel)::value;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless there are two views, float32 matrices of one shape
     */
    @Override
    public double value(List<Tensor> views) {
        return on(views, null).getAsDouble();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless there are two views and two gradients, float32 matrices of one shape, the
     *     gradients in memory of their own
     */
    @Override
    public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return on(views, gradients).getAsDouble();
    }

    /** As {@link #valueAndGradient}, with the derivative that a learned temperature needs. */
    public Result valueAndGradients(List<Tensor> views, List<Tensor> gradients) {
        double[] numbers = TwoViews.on(name(), views, gradients, this::kernel).run();
        return new Result(numbers[0], numbers[1]);
    }

    private Numbers kernel(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        long d = za.shape().size(1);
        return za.device().backend().contrastive().infoNce(za, zb, d, temperature, normalized, symmetric, dza, dzb);
    }
}
