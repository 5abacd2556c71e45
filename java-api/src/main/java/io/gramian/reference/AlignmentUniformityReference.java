package io.gramian.reference;

/**
 * Alignment and uniformity (Wang and Isola 2020, arXiv 2005.10242) in float64, for views n x d, row-major:
 * {@code mean |u_i - v_i|^alpha} and {@code log mean_{i<j} exp(-t |u_i - u_j|^2)} of rows divided by max(norm, 1e-12). Rows not
 * longer than that get no gradient.
 */
public final class AlignmentUniformityReference {
    private static final double CLAMP = 1e-12;

    private AlignmentUniformityReference() {}

    /** Mean squared distance of the unit rows. */
    public static double alignment(double[] x, double[] y, int n, int d) {
        return alignment(x, y, n, d, 2);
    }

    /** Mean distance of the unit rows to the power of alpha. */
    public static double alignment(double[] x, double[] y, int n, int d, double alpha) {
        double[] u = NormalizeRowsReference.value(x, n, d, CLAMP);
        double[] v = NormalizeRowsReference.value(y, n, d, CLAMP);
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += Math.pow(distance(u, v, i, d), alpha) / n;
        }
        return sum;
    }

    private static double distance(double[] u, double[] v, int i, int d) {
        double square = 0;
        for (int k = i * d; k < (i + 1) * d; k++) {
            square += (u[k] - v[k]) * (u[k] - v[k]);
        }
        return Math.sqrt(square);
    }

    /** Gradient of the mean squared distance with respect to x. */
    public static double[] alignmentGradient(double[] x, double[] y, int n, int d) {
        return alignmentGradient(x, y, n, d, 2);
    }

    /** Gradient of the alignment with respect to x; rows that are the same are not pulled. */
    public static double[] alignmentGradient(double[] x, double[] y, int n, int d, double alpha) {
        double[] u = NormalizeRowsReference.value(x, n, d, CLAMP);
        double[] v = NormalizeRowsReference.value(y, n, d, CLAMP);
        double[] du = new double[n * d];
        for (int i = 0; i < n; i++) {
            double distance = distance(u, v, i, d);
            double slope = alpha * Math.pow(distance, alpha - 1) / n;
            for (int k = i * d; k < (i + 1) * d; k++) {
                du[k] = distance == 0 ? 0 : slope * (u[k] - v[k]) / distance;
            }
        }
        return throughTheNorm(x, du, n, d);
    }

    /** Logarithm of the mean Gaussian potential of the pairs. */
    public static double uniformity(double[] x, int n, int d, double t) {
        double[] u = NormalizeRowsReference.value(x, n, d, CLAMP);
        double sum = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                sum += Math.exp(-t * squaredDistance(u, i, j, d));
            }
        }
        return Math.log(2 * sum / n / (n - 1));
    }

    /** Its gradient. */
    public static double[] uniformityGradient(double[] x, int n, int d, double t) {
        double[] u = NormalizeRowsReference.value(x, n, d, CLAMP);
        double[] du = new double[n * d];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                double e = Math.exp(-t * squaredDistance(u, i, j, d));
                sum += e;
                for (int k = 0; k < d; k++) {
                    double slope = -2 * t * e * (u[i * d + k] - u[j * d + k]);
                    du[i * d + k] += slope;
                    du[j * d + k] -= slope;
                }
            }
        }
        for (int i = 0; i < n * d; i++) {
            du[i] /= sum;
        }
        return throughTheNorm(x, du, n, d);
    }

    private static double squaredDistance(double[] u, int i, int j, int d) {
        double sum = 0;
        for (int k = 0; k < d; k++) {
            double difference = u[i * d + k] - u[j * d + k];
            sum += difference * difference;
        }
        return sum;
    }

    private static double[] throughTheNorm(double[] x, double[] du, int n, int d) {
        double[] dx = new double[n * d];
        for (int i = 0; i < n; i++) {
            double square = 0;
            double along = 0;
            for (int k = 0; k < d; k++) {
                square += x[i * d + k] * x[i * d + k];
                along += x[i * d + k] * du[i * d + k];
            }
            double norm = Math.sqrt(square);
            for (int k = 0; k < d && norm > CLAMP; k++) {
                dx[i * d + k] = (du[i * d + k] - along / square * x[i * d + k]) / norm;
            }
        }
        return dx;
    }
}
