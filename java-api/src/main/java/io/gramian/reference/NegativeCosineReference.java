package io.gramian.reference;

/**
 * Negative cosine {@code -mean_i <p_i, z_i> / (max(|p_i|, eps) max(|z_i|, eps))} of predictions p and targets z (n x d,
 * row-major) in float64. Rows of p not longer than eps get no gradient, targets never.
 */
public final class NegativeCosineReference {
    private NegativeCosineReference() {}

    /** The value. */
    public static double value(double[] p, double[] z, int n, int d, double eps) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum -= dot(p, z, i, d) / (Math.max(norm(p, i, d), eps) * Math.max(norm(z, i, d), eps));
        }
        return sum / n;
    }

    /** The gradient with respect to p. */
    public static double[] gradient(double[] p, double[] z, int n, int d, double eps) {
        double[] dp = new double[n * d];
        for (int i = 0; i < n; i++) {
            double length = norm(p, i, d);
            if (length <= eps) {
                continue;
            }
            double target = Math.max(norm(z, i, d), eps);
            double dot = dot(p, z, i, d);
            for (int k = 0; k < d; k++) {
                double slope =
                        z[i * d + k] / (length * target) - dot * p[i * d + k] / (length * length * length * target);
                dp[i * d + k] = -slope / n;
            }
        }
        return dp;
    }

    private static double norm(double[] a, int row, int d) {
        return Math.sqrt(dot(a, a, row, d));
    }

    private static double dot(double[] a, double[] b, int row, int d) {
        double sum = 0;
        for (int k = 0; k < d; k++) {
            sum += a[row * d + k] * b[row * d + k];
        }
        return sum;
    }
}
