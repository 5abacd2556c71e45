package io.gramian.loss;

/**
 * Which Gram matrix a loss on {@code sum C_ij^2} visits for a batch of n rows and d columns. Both sides compute the same
 * number, because {@code ||A^T B||_F^2 = <A A^T, B B^T>_F}; the time differs, n^2 d against n d^2.
 */
public enum GramSide {
    /** The cheaper side that is also exact: {@link #SAMPLES} from d = 2 n on, otherwise {@link #FEATURES}. */
    AUTO,
    /**
     * The n x n Gram of the samples. For d below 2 n with decorrelated features the sum over the diagonal, which is
     * subtracted, may be nearly everything: expect relative errors of the off-diagonal part up to 1e-4.
     */
    SAMPLES,
    /** The d x d Gram of the features, in strips of 512 rows: exact in every shape. */
    FEATURES;

    /**
     * Whether a batch of this shape goes to the sample side. The only place where {@link #AUTO} decides: from d = 2 n on the
     * part that is subtracted is at most half of the total, and the sample side is faster on every machine measured
     * (docs/numerics.md).
     *
     * @param n rows
     * @param d columns
     */
    public boolean onSamples(long n, long d) {
        return this == SAMPLES || (this == AUTO && d >= 2 * n);
    }
}
