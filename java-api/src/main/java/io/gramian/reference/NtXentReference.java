package io.gramian.reference;

/**
 * NT-Xent of two views in float64, as equation 1 of arXiv 2002.05709 reads: the whole similarity matrix, a softmax over each
 * row without its diagonal, the cross entropy with the other view's row.
 */
public final class NtXentReference {
    private static final double NORM_EPS = 1e-12;

    private NtXentReference() {}

    /** The loss of za and zb (n x d, row-major). */
    public static double value(double[] za, double[] zb, int n, int d, double temperature) {
        double[] p = new double[4 * n * n];
        return softmax(similarities(unitRows(za, zb, n, d), 2 * n, d, temperature), n, p);
    }

    /** The gradients with respect to za and zb. Rows of norm at most 1e-12 get zeros. */
    public static double[][] gradient(double[] za, double[] zb, int n, int d, double temperature) {
        int rows = 2 * n;
        double[] u = unitRows(za, zb, n, d);
        double[] p = new double[rows * rows];
        softmax(similarities(u, rows, d, temperature), n, p);
        double[] du = new double[rows * d];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rows; j++) {
                double ds = (p[i * rows + j] - (j == positive(i, n) ? 1 : 0)) / rows / temperature;
                for (int k = 0; k < d; k++) {
                    du[i * d + k] += ds * u[j * d + k];
                    du[j * d + k] += ds * u[i * d + k];
                }
            }
        }
        return new double[][] {rowGradient(za, du, 0, n, d), rowGradient(zb, du, n, n, d)};
    }

    private static int positive(int i, int n) {
        return i < n ? i + n : i - n;
    }

    private static double[] unitRows(double[] za, double[] zb, int n, int d) {
        double[] u = new double[2 * n * d];
        System.arraycopy(NormalizeRowsReference.value(za, n, d, NORM_EPS), 0, u, 0, n * d);
        System.arraycopy(NormalizeRowsReference.value(zb, n, d, NORM_EPS), 0, u, n * d, n * d);
        return u;
    }

    private static double[] similarities(double[] u, int rows, int d, double temperature) {
        double[] s = new double[rows * rows];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rows; j++) {
                double dot = 0;
                for (int k = 0; k < d; k++) {
                    dot += u[i * d + k] * u[j * d + k];
                }
                s[i * rows + j] = dot / temperature;
            }
        }
        return s;
    }

    /** Fills p with the softmax of each row without its diagonal; returns the mean cross entropy. */
    private static double softmax(double[] s, int n, double[] p) {
        int rows = 2 * n;
        double loss = 0;
        for (int i = 0; i < rows; i++) {
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < rows; j++) {
                max = j == i ? max : Math.max(max, s[i * rows + j]);
            }
            double sum = 0;
            for (int j = 0; j < rows; j++) {
                p[i * rows + j] = j == i ? 0 : Math.exp(s[i * rows + j] - max);
                sum += p[i * rows + j];
            }
            for (int j = 0; j < rows; j++) {
                p[i * rows + j] /= sum;
            }
            loss += max + Math.log(sum) - s[i * rows + positive(i, n)];
        }
        return rows == 0 ? 0 : loss / rows;
    }

    private static double[] rowGradient(double[] z, double[] du, int firstRow, int n, int d) {
        double[] part = new double[n * d];
        System.arraycopy(du, firstRow * d, part, 0, n * d);
        double[] dz = NormalizeRowsReference.gradient(z, part, n, d, NORM_EPS);
        for (int i = 0; i < n; i++) {
            double squares = 0;
            for (int k = 0; k < d; k++) {
                squares += z[i * d + k] * z[i * d + k];
            }
            for (int k = 0; k < d && Math.sqrt(squares) <= NORM_EPS; k++) {
                dz[i * d + k] = 0;
            }
        }
        return dz;
    }
}
