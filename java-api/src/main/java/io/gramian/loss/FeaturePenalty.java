package io.gramian.loss;

import io.gramian.Tensor;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** How far the feature Gram {@code z^T z} of one matrix is from diagonal, as a number with a gradient. Settings, never state. */
public sealed interface FeaturePenalty permits OffDiagonalPenalty, OffDiagonalAbsolute, OffDiagonalExponential {
    /** Name in messages, as in {@code off-diagonal}. */
    String name();

    /**
     * The penalty on these tensors, checked once, to be computed as often as wanted from what they hold at that time.
     *
     * @param z float32 (n, d); not modified
     * @param dz receives the gradient (n, d); shares no memory with z; null for the value alone
     * @throws IllegalArgumentException if z is no float32 matrix, or dz has another shape or overlaps it
     */
    default DoubleSupplier on(Tensor z, @Nullable Tensor dz) {
        return () -> dz == null ? value(z) : valueAndGradient(z, dz);
    }

    /**
     * The penalty.
     *
     * @param z as in {@link #on}
     */
    double value(Tensor z);

    /**
     * The penalty and its gradient, in one pass.
     *
     * @param z as in {@link #on}
     * @param dz as in {@link #on}
     */
    double valueAndGradient(Tensor z, Tensor dz);
}
