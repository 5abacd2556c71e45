package io.gramian.loss;

/**
 * Which Gram matrix a loss on {@code sum C_ij^2} visits for a batch of n rows and d columns. Both sides compute the
 * same number, because {@code ||A^T B||_F^2 = <A A^T, B B^T>_F}; the time differs, n^2 d against n d^2.
 */
public enum GramSide {
    /** The cheaper side that is also exact: {@link #SAMPLES} from d = 1.25 n on, otherwise {@link #FEATURES}. */
    AUTO,
    /**
     * The n x n Gram of the samples. For d below n with well decorrelated features the sum over the diagonal, which is
     * subtracted, may be nearly everything: the off-diagonal part then keeps two or three digits.
     */
    SAMPLES,
    /** The d x d Gram of the features, in strips of 512 rows: exact in every shape. */
    FEATURES;

    /**
     * Whether a batch of this shape goes to the sample side. The only place where {@link #AUTO} decides: by operations
     * the sides meet at d = n, by measured time between 1.1 n and 1.25 n; and from there on the diagonal that is
     * subtracted is at most 4/5 of the total, so that rounding grows by less than 5 (docs/numerics.md).
     *
     * @param n rows
     * @param d columns
     */
    public boolean onSamples(long n, long d) {
        return this == SAMPLES || (this == AUTO && 4 * d >= 5 * n);
    }
}
