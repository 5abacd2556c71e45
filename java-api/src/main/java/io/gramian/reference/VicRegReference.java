package io.gramian.reference;

/**
 * VICReg in float64, with stored covariances:
 * {@code L = invariance mean((x - y)^2) + variance hinge [v(x) + v(y)] + covariance [c(x) + c(y)]}. Views are n x d,
 * row-major.
 */
public final class VicRegReference {
    private VicRegReference() {}

    /**
     * Settings.
     *
     * @param invariance weight of the mean squared distance
     * @param variance weight of the hinge on standard deviations
     * @param covariance weight of the squared off-diagonal covariances
     * @param eps added to variances
     * @param gamma where the hinge ends
     * @param hinge factor of the hinge of one view: 0.5 in the authors' code, 1 in the paper
     */
    public record Settings(
            double invariance, double variance, double covariance, double eps, double gamma, double hinge) {}

    /**
     * Loss, its parts without weights, and gradients.
     *
     * @param loss value
     * @param invariance mean squared distance
     * @param variance hinges of both views, times the factor of the settings
     * @param covariance squared off-diagonal covariances of both views, divided by d
     * @param dx gradient of view x (n x d)
     * @param dy gradient of view y (n x d)
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Result(
            double loss, double invariance, double variance, double covariance, double[] dx, double[] dy) {}

    /** The loss, its parts and its gradients. */
    public static Result valueAndGradient(double[] x, double[] y, int n, int d, Settings settings) {
        double distance = 0;
        for (int i = 0; i < n * d; i++) {
            distance += (x[i] - y[i]) * (x[i] - y[i]) / ((double) n * d);
        }
        double variance = settings.hinge * (hinge(x, n, d, settings) + hinge(y, n, d, settings));
        double[] xc = StandardizeColumnsReference.centered(x, n, d);
        double[] yc = StandardizeColumnsReference.centered(y, n, d);
        double covariance = OffDiagonalPenaltyReference.value(xc, n, d, n - 1) / d
                + OffDiagonalPenaltyReference.value(yc, n, d, n - 1) / d;
        double loss = settings.invariance * distance + settings.variance * variance + settings.covariance * covariance;
        return new Result(
                loss, distance, variance, covariance, gradient(x, y, n, d, settings), gradient(y, x, n, d, settings));
    }

    private static double hinge(double[] z, int n, int d, Settings settings) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
            double variance = StandardizeColumnsReference.deviations(z, n, d, j) / (n - 1);
            sum += Math.max(0, settings.gamma - Math.sqrt(variance + settings.eps));
        }
        return sum / d;
    }

    private static double[] gradient(double[] z, double[] other, int n, int d, Settings settings) {
        double[] zc = StandardizeColumnsReference.centered(z, n, d);
        double[] dzc = OffDiagonalPenaltyReference.gradient(zc, n, d, n - 1);
        for (int j = 0; j < d; j++) {
            double std = Math.sqrt(StandardizeColumnsReference.deviations(z, n, d, j) / (n - 1) + settings.eps);
            double slope = std < settings.gamma ? -settings.variance * settings.hinge / d : 0;
            for (int i = 0; i < n; i++) {
                int at = i * d + j;
                dzc[at] = dzc[at] * settings.covariance / d + slope * zc[at] / ((n - 1) * std);
            }
        }
        double[] dz = StandardizeColumnsReference.centered(dzc, n, d);
        for (int i = 0; i < n * d; i++) {
            dz[i] += 2 * settings.invariance * (z[i] - other[i]) / ((double) n * d);
        }
        return dz;
    }
}
