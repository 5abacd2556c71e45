package io.gramian.reference;

/**
 * VICReg-exp and VICReg-ctr (Garrido et al., arXiv 2206.02574, eq. 11 to 13) in float64: VICReg with
 * {@code c = (1/d) sum_i log sum_{j != i} exp(Cov_ij / tau)}; ctr has variance and covariance terms of the transposed views.
 */
public final class VicRegExpReference {
    private VicRegExpReference() {}

    /** VICReg-exp, its parts without weights, and gradients, for views n x d. */
    public static VicRegReference.Result exp(
            double[] x, double[] y, int n, int d, VicRegReference.Settings settings, double tau) {
        VicRegReference.Settings others = new VicRegReference.Settings(
                settings.invariance(), settings.variance(), 0, settings.eps(), settings.gamma(), settings.hinge());
        VicRegReference.Result rest = VicRegReference.valueAndGradient(x, y, n, d, others);
        double covariance = covariance(x, n, d, tau) + covariance(y, n, d, tau);
        double[] dx = rest.dx().clone();
        double[] dy = rest.dy().clone();
        add(dx, x, n, d, settings.covariance() / d, tau);
        add(dy, y, n, d, settings.covariance() / d, tau);
        return new VicRegReference.Result(
                rest.loss() + settings.covariance() * covariance,
                rest.invariance(),
                rest.variance(),
                covariance,
                dx,
                dy);
    }

    /** VICReg-ctr, its parts without weights, and gradients, for views n x d. */
    public static VicRegReference.Result ctr(
            double[] x, double[] y, int n, int d, VicRegReference.Settings settings, double tau) {
        VicRegReference.Result result = exp(transposed(x, n, d), transposed(y, n, d), d, n, settings, tau);
        return new VicRegReference.Result(
                result.loss(),
                result.invariance(),
                result.variance(),
                result.covariance(),
                transposed(result.dx(), d, n),
                transposed(result.dy(), d, n));
    }

    private static double covariance(double[] z, int n, int d, double tau) {
        double[] centred = StandardizeColumnsReference.centered(z, n, d);
        return OffDiagonalExponentialReference.value(centred, n, d, n - 1, tau) / d;
    }

    private static void add(double[] dz, double[] z, int n, int d, double weight, double tau) {
        double[] centred = StandardizeColumnsReference.centered(z, n, d);
        double[] dc = OffDiagonalExponentialReference.gradient(centred, n, d, n - 1, tau);
        double[] gradient = StandardizeColumnsReference.centered(dc, n, d);
        for (int i = 0; i < dz.length; i++) {
            dz[i] += weight * gradient[i];
        }
    }

    private static double[] transposed(double[] z, int n, int d) {
        double[] t = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                t[j * n + i] = z[i * d + j];
            }
        }
        return t;
    }
}
