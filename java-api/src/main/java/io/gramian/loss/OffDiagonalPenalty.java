package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far the feature Gram of one matrix is from diagonal: {@code P = sum over i != j of ((z^T z)_ij / scale)^2}, with
 * gradient {@code dP/dz = (4 / scale^2) z offdiag(z^T z)}.
 *
 * <p>The matrix is taken as it is. With centred columns and scale n - 1 this is d times the covariance term of VICReg
 * for one view; with standardised columns and scale n, the redundancy of one view in the sense of Barlow Twins; with
 * unit rows and scale 1, the non-contrastive criterion of Garrido et al. The n x n counterpart follows from it: the
 * squared off-diagonal sum of {@code z z^T} is {@code P scale^2 + sum_j ||column_j||^4 - sum_i ||row_i||^4}.
 *
 * <p>Any (n, d), also empty: 0. One column: 0. Time O(n d min(n, d)), memory min(n^2, 512 d) and a panel of some MB;
 * never d x d. NaN gives NaN.
 *
 * <p>Source: Garrido et al., <i>On the duality between contrastive and non-contrastive self-supervised learning</i>,
 * ICLR 2023, definition of L_nc.
 *
 * @param scale what the Gram matrix is divided by, above 0
 * @param side which Gram matrix to visit
 */
public record OffDiagonalPenalty(float scale, GramSide side) implements FeaturePenalty {
    /** Checks the settings. */
    public OffDiagonalPenalty {
        Check.positive("scale", scale);
    }

    @Override
    public String name() {
        return "off-diagonal";
    }

    @Override
    public DoubleSupplier on(Tensor z, @Nullable Tensor dz) {
        Check.matrix("z", z);
        boolean onSamples = side.onSamples(z.shape().size(0), z.shape().size(1));
        return z.device().backend().covariance().offDiagonalPenalty(z, scale, onSamples, dz)::value;
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
