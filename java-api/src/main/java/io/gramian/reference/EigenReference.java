package io.gramian.reference;

/** Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, 8.5) in float64. */
public final class EigenReference {
    private static final int SWEEPS = 60;

    private EigenReference() {}

    /**
     * A decomposition {@code S = U D U^T}, eigenvalues descending.
     *
     * @param values the eigenvalues
     * @param vectors U (d x d, row-major): eigenvectors are its columns, the largest entry of each positive
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Decomposition(double[] values, double[] vectors) {}

    /** Decomposes s (d x d, row-major, symmetric). */
    public static Decomposition of(double[] s, int d) {
        double[] a = s.clone();
        double[] u = new double[d * d];
        for (int i = 0; i < d; i++) {
            u[i * d + i] = 1;
        }
        boolean rotated = true;
        for (int sweep = 0; sweep < SWEEPS && rotated; sweep++) {
            rotated = false;
            for (int p = 0; p < d; p++) {
                for (int q = p + 1; q < d; q++) {
                    rotated |= rotate(a, u, d, p, q);
                }
            }
        }
        return sorted(a, u, d);
    }

    /** Makes entry (p, q) zero; false if it was, up to rounding. */
    private static boolean rotate(double[] a, double[] u, int d, int p, int q) {
        if (Math.abs(a[p * d + q]) <= 1e-17 * (Math.abs(a[p * d + p]) + Math.abs(a[q * d + q]))) {
            return false;
        }
        double tau = (a[q * d + q] - a[p * d + p]) / (2 * a[p * d + q]);
        double t = Math.copySign(1 / (Math.abs(tau) + Math.sqrt(1 + tau * tau)), tau);
        double c = 1 / Math.sqrt(1 + t * t);
        double s = t * c;
        for (int k = 0; k < d; k++) {
            double x = a[k * d + p];
            double y = a[k * d + q];
            a[k * d + p] = c * x - s * y;
            a[k * d + q] = s * x + c * y;
        }
        for (int k = 0; k < d; k++) {
            double x = a[p * d + k];
            double y = a[q * d + k];
            a[p * d + k] = c * x - s * y;
            a[q * d + k] = s * x + c * y;
            double v = u[k * d + p];
            double w = u[k * d + q];
            u[k * d + p] = c * v - s * w;
            u[k * d + q] = s * v + c * w;
        }
        return true;
    }

    private static Decomposition sorted(double[] a, double[] u, int d) {
        double[] values = new double[d];
        double[] vectors = new double[d * d];
        boolean[] taken = new boolean[d];
        for (int i = 0; i < d; i++) {
            int best = -1;
            for (int k = 0; k < d; k++) {
                if (!taken[k] && (best < 0 || a[k * d + k] > a[best * d + best])) {
                    best = k;
                }
            }
            taken[best] = true;
            values[i] = a[best * d + best];
            int heaviest = 0;
            for (int k = 1; k < d; k++) {
                heaviest = Math.abs(u[k * d + best]) > Math.abs(u[heaviest * d + best]) ? k : heaviest;
            }
            double sign = u[heaviest * d + best] < 0 ? -1 : 1;
            for (int k = 0; k < d; k++) {
                vectors[k * d + i] = sign * u[k * d + best];
            }
        }
        return new Decomposition(values, vectors);
    }
}
