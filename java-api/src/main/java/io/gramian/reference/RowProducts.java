package io.gramian.reference;

/** Products of rows in float64, whole matrices, and their derivatives: what the contrastive references are written in. */
final class RowProducts {
    private static final double NORM_EPS = 1e-12;

    private RowProducts() {}

    /** Rows (n x d) divided by their norms. */
    static double[] unit(double[] z, int n, int d) {
        return NormalizeRowsReference.value(z, n, d, NORM_EPS);
    }

    /** Gradient with respect to z given that of its unit rows; rows of norm at most 1e-12 get zeros. */
    static double[] unitGradient(double[] z, double[] du, int n, int d) {
        double[] dz = NormalizeRowsReference.gradient(z, du, n, d, NORM_EPS);
        for (int i = 0; i < n; i++) {
            double squares = dot(z, i, z, i, d);
            for (int k = 0; k < d && Math.sqrt(squares) <= NORM_EPS; k++) {
                dz[i * d + k] = 0;
            }
        }
        return dz;
    }

    static double dot(double[] x, int i, double[] y, int j, int d) {
        double sum = 0;
        for (int k = 0; k < d; k++) {
            sum += x[i * d + k] * y[j * d + k];
        }
        return sum;
    }

    /** The (m x n) products of the rows of x (m x d) and y (n x d). */
    static double[] products(double[] x, int m, double[] y, int n, int d) {
        double[] s = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                s[i * n + j] = dot(x, i, y, j, d);
            }
        }
        return s;
    }

    /** Adds to dx and dy what the derivatives ds (m x n) of the products mean for the rows. */
    static void addGradients(double[] ds, double[] x, int m, double[] y, int n, int d, double[] dx, double[] dy) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                for (int k = 0; k < d; k++) {
                    dx[i * d + k] += ds[i * n + j] * y[j * d + k];
                    dy[j * d + k] += ds[i * n + j] * x[i * d + k];
                }
            }
        }
    }

    /** log of the sum of exp over these values; -infinity for none. */
    static double logSumExp(double[] values) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            max = Math.max(max, value);
        }
        if (max == Double.NEGATIVE_INFINITY) {
            return max;
        }
        double sum = 0;
        for (double value : values) {
            sum += Math.exp(value - max);
        }
        return max + Math.log(sum);
    }

    /** The rows of all views below each other. */
    static double[] stacked(double[][] views) {
        int length = views[0].length;
        double[] all = new double[views.length * length];
        for (int v = 0; v < views.length; v++) {
            System.arraycopy(views[v], 0, all, v * length, length);
        }
        return all;
    }

    /** The inverse of {@link #stacked}. */
    static double[][] split(double[] all, int views) {
        int length = all.length / views;
        double[][] parts = new double[views][length];
        for (int v = 0; v < views; v++) {
            System.arraycopy(all, v * length, parts[v], 0, length);
        }
        return parts;
    }
}
