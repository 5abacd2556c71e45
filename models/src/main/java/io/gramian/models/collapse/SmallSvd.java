package io.gramian.models.collapse;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * {@code A = U diag(s) V^T} of a small square matrix in float64, by one-sided Jacobi rotations (Hestenes 1958; Golub and Van Loan,
 * 8.6.3): columns are rotated against each other until all are orthogonal. The kernels give singular values; this gives the
 * vectors, for matrices of some dozens of rows.
 *
 * @param u left vectors in columns, (d, d) row-major; the column of a value of 0 is 0
 * @param s singular values, descending
 * @param v right vectors in columns, (d, d) row-major
 */
record SmallSvd(double[] u, double[] s, double[] v) {
    private static final int SWEEPS = 60;
    /** Cosine of two columns that count as orthogonal. */
    private static final double ORTHOGONAL = 1e-14;

    /** Decomposes a (d, d), row-major; not modified. */
    static SmallSvd of(double[] a, int d) {
        double[] w = a.clone();
        double[] v = identity(d);
        boolean rotated = true;
        for (int sweep = 0; sweep < SWEEPS && rotated; sweep++) {
            rotated = false;
            for (int p = 0; p < d; p++) {
                for (int q = p + 1; q < d; q++) {
                    rotated |= rotate(w, v, d, p, q);
                }
            }
        }
        return sorted(w, v, d);
    }

    /** {@code |V^T U|}, entry by entry, of the right vectors here and the left vectors of another: (d, d) row-major. */
    double[] alignment(SmallSvd before) {
        int d = s.length;
        double[] product = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double sum = 0;
                for (int k = 0; k < d; k++) {
                    sum += v[k * d + i] * before.u[k * d + j];
                }
                product[i * d + j] = Math.abs(sum);
            }
        }
        return product;
    }

    private static double[] identity(int d) {
        double[] v = new double[d * d];
        for (int i = 0; i < d; i++) {
            v[i * d + i] = 1;
        }
        return v;
    }

    /** Makes columns p and q orthogonal; false if they were. */
    private static boolean rotate(double[] w, double[] v, int d, int p, int q) {
        double pp = 0;
        double qq = 0;
        double pq = 0;
        for (int k = 0; k < d; k++) {
            pp += w[k * d + p] * w[k * d + p];
            qq += w[k * d + q] * w[k * d + q];
            pq += w[k * d + p] * w[k * d + q];
        }
        if (!(Math.abs(pq) > ORTHOGONAL * Math.sqrt(pp * qq))) {
            return false;
        }
        double tau = (qq - pp) / (2 * pq);
        double t = Math.copySign(1 / (Math.abs(tau) + Math.sqrt(1 + tau * tau)), tau);
        double c = 1 / Math.sqrt(1 + t * t);
        turn(w, d, p, q, c, t * c);
        turn(v, d, p, q, c, t * c);
        return true;
    }

    private static void turn(double[] m, int d, int p, int q, double c, double s) {
        for (int k = 0; k < d; k++) {
            double x = m[k * d + p];
            double y = m[k * d + q];
            m[k * d + p] = c * x - s * y;
            m[k * d + q] = s * x + c * y;
        }
    }

    private static SmallSvd sorted(double[] w, double[] v, int d) {
        double[] norm = new double[d];
        for (int j = 0; j < d; j++) {
            double sum = 0;
            for (int k = 0; k < d; k++) {
                sum += w[k * d + j] * w[k * d + j];
            }
            norm[j] = Math.sqrt(sum);
        }
        int[] order = IntStream.range(0, d)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer j) -> -norm[j]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] u = new double[d * d];
        double[] s = new double[d];
        double[] right = new double[d * d];
        for (int j = 0; j < d; j++) {
            s[j] = norm[order[j]];
            for (int k = 0; k < d; k++) {
                u[k * d + j] = s[j] > 0 ? w[k * d + order[j]] / s[j] : 0;
                right[k * d + j] = v[k * d + order[j]];
            }
        }
        return new SmallSvd(u, s, right);
    }
}
