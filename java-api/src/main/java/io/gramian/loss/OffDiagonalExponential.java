package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far the feature Gram of one matrix is from diagonal, by exponentials:
 * {@code P = sum_i log sum over j != i of exp((z^T z)_ij / (scale temperature))}, with gradient
 * {@code dP/dz = z (S + S^T) / (scale temperature)}, S the softmax of each row without its diagonal.
 *
 * <p>Of the signed entries: negatively correlated features are rewarded. With centred columns and scale n - 1 this is d times
 * the covariance term of {@link VicRegExp} for one view. A low temperature looks at the largest entry of each row alone.
 *
 * <p>Any n; d at least 2, because the logarithm of an empty sum is infinite. z is not modified, the gradient is overwritten.
 * Time O(n d^2), memory 512 d numbers and a few per feature; never d x d. Rows of exponentials are shifted by their largest
 * entry: no overflow at any temperature. NaN gives NaN.
 *
 * <p>Source: Garrido et al., <i>On the duality between contrastive and non-contrastive self-supervised learning</i>, ICLR
 * 2023, eq. 12.
 *
 * @param scale what the Gram matrix is divided by, above 0
 * @param temperature what its entries are divided by before the exponential, above 0
 */
public record OffDiagonalExponential(float scale, float temperature) implements FeaturePenalty {
    /** Checks the settings. */
    public OffDiagonalExponential {
        Check.positive("scale", scale);
        Check.positive("temperature", temperature);
    }

    @Override
    public String name() {
        return "off-diagonal-exponential";
    }

    @Override
    public DoubleSupplier on(Tensor z, @Nullable Tensor dz) {
        Check.matrix("z", z);
        return z.device().backend().decorrelation().exponential(z, scale, temperature, dz)::value;
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
