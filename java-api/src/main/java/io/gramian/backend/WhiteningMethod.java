package io.gramian.backend;

import io.gramian.jni.Kernels;

/**
 * Which square root of the inverse covariance whitens a slice {@code X (n, d)} with covariance S.
 *
 * @param kind the method
 * @param steps of the iterative method, at least 1; 0 for the others
 */
public record WhiteningMethod(Kind kind, int steps) {
    /** The methods. */
    public enum Kind {
        /** {@code Y = Xc L^-T} with {@code S = L L^T}: cheapest; depends on the order of the columns (W-MSE's choice). */
        CHOLESKY,
        /** {@code Y = Xc U D^-1/2 U^T} with {@code S = U D U^T}: the whitened rows closest to the rows. */
        ZCA,
        /**
         * {@code Y = Xc U D^-1/2}: principal axes, eigenvalues descending. Its gradient grows without bound as two
         * eigenvalues meet, and axes swap where they cross; where they are equal that part is left out.
         */
        PCA,
        /**
         * {@code Y = Xc P}, P approaching {@code S^-1/2} by steps of Newton and Schulz: partly whitened, smoothest gradient,
         * works on singular slices (Huang et al. 2019, arXiv 1904.03441).
         */
        ITERATIVE
    }

    /** Cholesky whitening. */
    public static final WhiteningMethod CHOLESKY = new WhiteningMethod(Kind.CHOLESKY, 0);

    /** ZCA whitening. */
    public static final WhiteningMethod ZCA = new WhiteningMethod(Kind.ZCA, 0);

    /** PCA whitening. */
    public static final WhiteningMethod PCA = new WhiteningMethod(Kind.PCA, 0);

    /** Checks the number of steps. */
    public WhiteningMethod {
        if (kind == Kind.ITERATIVE ? steps < 1 || steps > 64 : steps != 0) {
            throw new IllegalArgumentException(
                    "steps: expected 1 to 64 for ITERATIVE and 0 for the others, got " + steps + " for " + kind);
        }
    }

    /** Iterative normalisation; the paper takes 5 steps. */
    public static WhiteningMethod iterative(int steps) {
        return new WhiteningMethod(Kind.ITERATIVE, steps);
    }

    int code() {
        return switch (kind) {
            case CHOLESKY -> Kernels.GRAMIAN_WHITEN_CHOLESKY;
            case ZCA -> Kernels.GRAMIAN_WHITEN_ZCA;
            case PCA -> Kernels.GRAMIAN_WHITEN_PCA;
            case ITERATIVE -> Kernels.GRAMIAN_WHITEN_ITERATIVE;
        };
    }
}
