package io.gramian.loss;

import io.gramian.Tensor;

/** How far the feature Gram {@code z^T z} of one matrix is from diagonal, as a number with a gradient. Settings, never state. */
public sealed interface FeaturePenalty permits OffDiagonalPenalty, OffDiagonalAbsolute, OffDiagonalExponential {
    /** Name in messages, as in {@code off-diagonal}. */
    String name();

    /**
     * The penalty.
     *
     * @param z float32 (n, d); not modified
     * @throws IllegalArgumentException if z is no float32 matrix
     */
    double value(Tensor z);

    /**
     * The penalty and its gradient, in one pass.
     *
     * @param z float32 (n, d); not modified
     * @param dz (n, d), overwritten; shares no memory with z
     * @throws IllegalArgumentException if z is no float32 matrix, or dz has another shape or overlaps it
     */
    double valueAndGradient(Tensor z, Tensor dz);
}
