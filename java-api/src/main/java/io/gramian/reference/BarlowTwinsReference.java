package io.gramian.reference;

/**
 * Barlow Twins in float64: {@code L = scale [ sum_i (1 - C_ii)^2 + lambda sum_{i != j} C_ij^2 ]} with C stored. Views
 * are n x d, row-major.
 */
public final class BarlowTwinsReference {
    private BarlowTwinsReference() {}

    /**
     * Loss and gradients.
     *
     * @param loss value
     * @param da gradient of view a (n x d)
     * @param db gradient of view b (n x d)
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Result(double loss, double[] da, double[] db) {}

    /** The loss. */
    public static double value(double[] a, double[] b, int n, int d, double lambda, double eps, double scale) {
        double[] c = CrossCorrelationReference.value(a, b, n, d, d, eps);
        double loss = 0;
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double entry = c[i * d + j];
                loss += i == j ? (1 - entry) * (1 - entry) : lambda * entry * entry;
            }
        }
        return scale * loss;
    }

    /** The loss and its gradients. */
    public static Result valueAndGradient(
            double[] a, double[] b, int n, int d, double lambda, double eps, double scale) {
        double[] c = CrossCorrelationReference.value(a, b, n, d, d, eps);
        double[] dc = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double entry = c[i * d + j];
                dc[i * d + j] = scale * (i == j ? 2 * (entry - 1) : 2 * lambda * entry);
            }
        }
        return new Result(
                value(a, b, n, d, lambda, eps, scale),
                CrossCorrelationReference.gradientA(a, b, dc, n, d, d, eps),
                CrossCorrelationReference.gradientB(a, b, dc, n, d, d, eps));
    }

    /**
     * The loss and its gradients with columns divided by (unbiased deviation + eps): stable-pretraining's form. C is still
     * divided by n.
     */
    public static Result unbiased(double[] a, double[] b, int n, int d, double lambda, double eps, double scale) {
        double[] u = StandardizeColumnsReference.unbiased(a, n, d, eps);
        double[] v = StandardizeColumnsReference.unbiased(b, n, d, eps);
        double[] du = new double[n * d];
        double[] dv = new double[n * d];
        double loss = 0;
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double entry = 0;
                for (int k = 0; k < n; k++) {
                    entry += u[k * d + i] * v[k * d + j] / n;
                }
                loss += scale * (i == j ? (1 - entry) * (1 - entry) : lambda * entry * entry);
                double slope = scale * (i == j ? 2 * (entry - 1) : 2 * lambda * entry) / n;
                for (int k = 0; k < n; k++) {
                    du[k * d + i] += slope * v[k * d + j];
                    dv[k * d + j] += slope * u[k * d + i];
                }
            }
        }
        return new Result(
                loss,
                StandardizeColumnsReference.unbiasedGradient(a, du, n, d, eps),
                StandardizeColumnsReference.unbiasedGradient(b, dv, n, d, eps));
    }
}
