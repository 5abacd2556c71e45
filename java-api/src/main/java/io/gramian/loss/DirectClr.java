package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Contrastive;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * DirectCLR: a contrastive loss on the leading features of a representation, without a projector. The other features get no
 * gradient from it; they learn through the residual connection below.
 *
 * <pre>{@code
 * r_i = (z_i1, ..., z_i,width), normalised after the cut
 * L   = symmetric InfoNCE of r and r' (the authors), or their NT-Xent (lightly)
 * }</pre>
 *
 * <p>Shapes: two views float32 (n, d), d at least {@code width}; two gradients (n, d), 0 beyond {@code width}. Value, cost
 * and special cases as {@link InfoNce} and {@link NtXent} on (n, width); the slice is never copied out.
 *
 * <p>Source: Jing et al., Understanding Dimensional Collapse in Contrastive Self-supervised Learning (arXiv 2110.09348),
 * equation 13; {@code facebookresearch/directclr: directclr/main.py}, and {@code lightly: loss/directclr_loss.py}, which has
 * negatives in both views: another loss.
 *
 * @param width how many leading features count, at least 1; 360 of 2048 in the paper, 64 in lightly
 * @param temperature divisor of the cosines, from 1e-30 to 1e30; 0.1 in the paper
 * @param bothViews whether rows of the same view are negatives too, as in lightly
 */
public record DirectClr(int width, float temperature, boolean bothViews) implements MultiViewLoss {
    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if the width is below 1 or the temperature not a number from 1e-30 to 1e30
     */
    public DirectClr {
        Check.atLeast("width", width, 1);
        Check.temperature(temperature);
    }

    /** The paper's settings for ResNet-50: 360 features, temperature 0.1, negatives of the other view. */
    public static DirectClr defaults() {
        return new DirectClr(360, 0.1f, false);
    }

    @Override
    public String name() {
        return "directclr";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return TwoViews.on(name(), views, gradients, this::kernel)::value;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless there are two views, float32 matrices of one shape with at least
     *     {@code width} columns
     */
    @Override
    public double value(List<Tensor> views) {
        return on(views, null).getAsDouble();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless there are two views and two gradients, float32 matrices of one shape with at
     *     least {@code width} columns, the gradients in memory of their own
     */
    @Override
    public double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return on(views, gradients).getAsDouble();
    }

    private Numbers kernel(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        Contrastive room = za.device().backend().contrastive();
        List<Tensor> gradients = dza == null || dzb == null ? List.of() : List.of(dza, dzb);
        return bothViews
                ? room.multiViewNtXent(List.of(za, zb), width, temperature, gradients)
                : room.infoNce(za, zb, width, temperature, true, true, dza, dzb);
    }
}
