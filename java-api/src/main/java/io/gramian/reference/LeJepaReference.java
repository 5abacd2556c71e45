package io.gramian.reference;

/**
 * LeJEPA (Balestriero and LeCun, arXiv 2511.08544) in float64: SIGReg, the weighted squared distance between the empirical
 * characteristic function of projections and that of a standard normal, and the invariance of the views to the mean of the
 * global ones. Views are n x d, directions d x m, row-major.
 */
public final class LeJepaReference {
    private LeJepaReference() {}

    /**
     * Settings.
     *
     * @param lambda weight of SIGReg; the invariance has 1 - lambda
     * @param knots points of the quadrature, at least 2
     * @param tMax largest point
     * @param globals how many of the views, from the first, make the centre
     */
    public record Settings(double lambda, int knots, double tMax, int globals) {}

    /**
     * Loss, its parts without weights, and gradients.
     *
     * @param loss value
     * @param sigReg distance to the normal, mean over views and directions
     * @param invariance mean squared distance to the centre
     * @param gradients one per view
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Result(double loss, double sigReg, double invariance, double[][] gradients) {}

    /** The loss, its parts and gradients. */
    public static Result valueAndGradient(
            double[][] views, int n, int d, double[] directions, int m, Settings settings) {
        double[][] gradients = new double[views.length][n * d];
        double sigReg = 0;
        for (int v = 0; v < views.length; v++) {
            for (int a = 0; a < m; a++) {
                sigReg += direction(views[v], n, d, directions, a, m, settings, views.length, gradients[v]);
            }
        }
        double invariance = invariance(views, n * d, settings, gradients);
        double loss = settings.lambda() * sigReg + (1 - settings.lambda()) * invariance;
        return new Result(loss, sigReg, invariance, gradients);
    }

    /** Distance of one view's projections, divided by views and directions; adds its weighted gradient. */
    private static double direction(
            double[] z, int n, int d, double[] directions, int a, int m, Settings settings, int views, double[] dz) {
        double[] x = new double[n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < d; k++) {
                x[i] += z[i * d + k] * directions[k * m + a];
            }
        }
        double step = settings.tMax() / (settings.knots() - 1);
        double sum = 0;
        for (int q = 0; q < settings.knots(); q++) {
            double t = q * step;
            double normal = Math.exp(-t * t / 2);
            double weight = (q == 0 || q == settings.knots() - 1 ? step : 2 * step) * normal * n / views / m;
            double real = -normal;
            double imaginary = 0;
            for (int i = 0; i < n; i++) {
                real += Math.cos(t * x[i]) / n;
                imaginary += Math.sin(t * x[i]) / n;
            }
            sum += weight * (real * real + imaginary * imaginary);
            for (int i = 0; i < n; i++) {
                double slope = 2 * weight * t / n * (imaginary * Math.cos(t * x[i]) - real * Math.sin(t * x[i]));
                for (int k = 0; k < d; k++) {
                    dz[i * d + k] += settings.lambda() * slope * directions[k * m + a];
                }
            }
        }
        return sum;
    }

    private static double invariance(double[][] views, int count, Settings settings, double[][] gradients) {
        double sum = 0;
        double elements = (double) views.length * count;
        for (int e = 0; e < count; e++) {
            double center = 0;
            for (int v = 0; v < settings.globals(); v++) {
                center += views[v][e] / settings.globals();
            }
            for (int v = 0; v < views.length; v++) {
                double miss = views[v][e] - center;
                double slope = (1 - settings.lambda()) * 2 * miss / elements;
                sum += miss * miss / elements;
                gradients[v][e] += slope;
                for (int g = 0; g < settings.globals(); g++) {
                    gradients[g][e] -= slope / settings.globals();
                }
            }
        }
        return sum;
    }
}
