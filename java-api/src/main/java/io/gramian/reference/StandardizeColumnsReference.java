package io.gramian.reference;

/** Column standardisation {@code u = (z - mean) / sqrt(biased variance + eps)} in float64. */
public final class StandardizeColumnsReference {
    private StandardizeColumnsReference() {}

    /** Mean of column j of z (n x d, row-major). */
    public static double mean(double[] z, int n, int d, int j) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += z[i * d + j];
        }
        return sum / n;
    }

    /** Sum of squared deviations of column j from its mean. */
    public static double deviations(double[] z, int n, int d, int j) {
        double mean = mean(z, n, d, j);
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (z[i * d + j] - mean) * (z[i * d + j] - mean);
        }
        return sum;
    }

    /** z with the mean of each column subtracted. */
    public static double[] centered(double[] z, int n, int d) {
        double[] c = new double[n * d];
        for (int j = 0; j < d; j++) {
            double mean = mean(z, n, d, j);
            for (int i = 0; i < n; i++) {
                c[i * d + j] = z[i * d + j] - mean;
            }
        }
        return c;
    }

    /** Standardised columns. */
    public static double[] value(double[] z, int n, int d, double eps) {
        double[] u = centered(z, n, d);
        for (int j = 0; j < d; j++) {
            double std = Math.sqrt(deviations(z, n, d, j) / n + eps);
            for (int i = 0; i < n; i++) {
                u[i * d + j] /= std;
            }
        }
        return u;
    }

    /**
     * Gradient with respect to z, given the gradient du: the chain rule through {@code u = c / std},
     * {@code std = sqrt(sum c^2 / n + eps)} and {@code c = z - mean(z)}, one after the other.
     */
    public static double[] gradient(double[] z, double[] du, int n, int d, double eps) {
        double[] c = centered(z, n, d);
        double[] dc = new double[n * d];
        for (int j = 0; j < d; j++) {
            double std = Math.sqrt(deviations(z, n, d, j) / n + eps);
            double dstd = 0;
            for (int i = 0; i < n; i++) {
                dstd -= du[i * d + j] * c[i * d + j] / (std * std);
            }
            for (int i = 0; i < n; i++) {
                dc[i * d + j] = du[i * d + j] / std + dstd * c[i * d + j] / (n * std);
            }
        }
        return centered(dc, n, d);
    }

    /** Columns divided by (unbiased deviation + eps) instead. */
    public static double[] unbiased(double[] z, int n, int d, double eps) {
        double[] u = centered(z, n, d);
        for (int j = 0; j < d; j++) {
            double std = Math.sqrt(deviations(z, n, d, j) / (n - 1)) + eps;
            for (int i = 0; i < n; i++) {
                u[i * d + j] /= std;
            }
        }
        return u;
    }

    /** Gradient of {@link #unbiased}, by the same steps as {@link #gradient}; 0 for a constant column. */
    public static double[] unbiasedGradient(double[] z, double[] du, int n, int d, double eps) {
        double[] c = centered(z, n, d);
        double[] dc = new double[n * d];
        for (int j = 0; j < d; j++) {
            double deviation = Math.sqrt(deviations(z, n, d, j) / (n - 1));
            double std = deviation + eps;
            double dstd = 0;
            for (int i = 0; i < n; i++) {
                dstd -= du[i * d + j] * c[i * d + j] / (std * std);
            }
            for (int i = 0; i < n; i++) {
                double through = deviation == 0 ? 0 : dstd * c[i * d + j] / ((n - 1) * deviation);
                dc[i * d + j] = du[i * d + j] / std + through;
            }
        }
        return centered(dc, n, d);
    }
}
