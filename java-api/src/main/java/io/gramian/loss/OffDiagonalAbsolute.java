package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far the feature Gram of one matrix is from diagonal, by magnitudes: {@code P = sum over i != j of |(z^T z)_ij| / scale},
 * with gradient {@code dP/dz = (2 / scale) z sign(offdiag(z^T z))}.
 *
 * <p>Beside {@link OffDiagonalPenalty} it weighs small entries as much as large ones, and has no cheaper side: the identity
 * between the two Grams holds for squares alone.
 *
 * <p>Any (n, d), also empty: 0. One column: 0. At an entry of 0 the slope is 0. z is not modified, the gradient is
 * overwritten. Time O(n d^2), memory 512 d numbers; never d x d. NaN gives NaN.
 *
 * <p>Source: the magnitudes of SimCLR-abs (Garrido et al., <i>On the duality between contrastive and non-contrastive
 * self-supervised learning</i>, ICLR 2023, section 3) on the feature side.
 *
 * @param scale what the Gram matrix is divided by, above 0
 */
public record OffDiagonalAbsolute(float scale) implements FeaturePenalty {
    /** Checks the setting. */
    public OffDiagonalAbsolute {
        Check.positive("scale", scale);
    }

    @Override
    public String name() {
        return "off-diagonal-absolute";
    }

    @Override
    public DoubleSupplier on(Tensor z, @Nullable Tensor dz) {
        Check.matrix("z", z);
        return z.device().backend().decorrelation().absolute(z, scale, dz)::value;
    }

    @Override
    public double value(Tensor z) {
        return on(z, null).getAsDouble();
    }

    @Override
    public double valueAndGradient(Tensor z, Tensor dz) {
        return on(z, dz).getAsDouble();
    }
}
