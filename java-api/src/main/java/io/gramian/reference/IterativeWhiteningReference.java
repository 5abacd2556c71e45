package io.gramian.reference;

/**
 * Iterative normalisation (Huang et al. 2019, arXiv 1904.03441, algorithm 1) of one slice in float64:
 * {@code P_0 = I, P_{k+1} = (3 P_k - P_k^3 S / t) / 2, t = tr S, Y = Xc P_steps / sqrt(t)}, and the gradient through each step.
 */
final class IterativeWhiteningReference implements SliceReference {
    private final int steps;

    IterativeWhiteningReference(int steps) {
        this.steps = steps;
    }

    @Override
    public double[] value(double[] x, int n, int d, double eps) {
        double[][] p = iterates(SliceReference.covariance(x, n, d, eps), d);
        return SliceReference.product(
                false, StandardizeColumnsReference.centered(x, n, d), false, matrix(x, p, n, d, eps), n, d, d);
    }

    private double[] matrix(double[] x, double[][] p, int n, int d, double eps) {
        double root = Math.sqrt(trace(SliceReference.covariance(x, n, d, eps), d));
        double[] w = p[steps].clone();
        for (int i = 0; i < d * d; i++) {
            w[i] /= root;
        }
        return w;
    }

    private double[][] iterates(double[] s, int d) {
        double trace = trace(s, d);
        double[][] p = new double[steps + 1][d * d];
        for (int i = 0; i < d; i++) {
            p[0][i * d + i] = 1;
        }
        for (int k = 0; k < steps; k++) {
            double[] cube = product(product(p[k], p[k], d), p[k], d);
            double[] term = product(cube, s, d);
            for (int i = 0; i < d * d; i++) {
                p[k + 1][i] = 1.5 * p[k][i] - 0.5 * term[i] / trace;
            }
        }
        return p;
    }

    @Override
    public double[] gradient(double[] x, double[] dy, int n, int d, double eps) {
        double[] s = SliceReference.covariance(x, n, d, eps);
        double trace = trace(s, d);
        double[][] p = iterates(s, d);
        double[] dp = SliceReference.product(true, StandardizeColumnsReference.centered(x, n, d), false, dy, d, n, d);
        double dTrace = 0;
        for (int i = 0; i < d * d; i++) {
            dTrace -= 0.5 * dp[i] * p[steps][i] / (trace * Math.sqrt(trace));
            dp[i] /= Math.sqrt(trace);
        }
        double[] ds = new double[d * d];
        for (int k = steps - 1; k >= 0; k--) {
            dp = back(p[k], s, dp, trace, d, ds);
        }
        // ds is that of S / t so far
        for (int i = 0; i < d * d; i++) {
            dTrace -= ds[i] * s[i] / (trace * trace);
            ds[i] /= trace;
        }
        for (int i = 0; i < d; i++) {
            ds[i * d + i] += dTrace;
        }
        return SliceReference.throughTheCovariance(x, dy, matrix(x, p, n, d, eps), ds, n, d, eps);
    }

    /** One step in reverse: returns the gradient of P_k, adds that of S / t. */
    private static double[] back(double[] p, double[] s, double[] next, double trace, int d, double[] ds) {
        double[] normalized = s.clone();
        double[] half = new double[d * d];
        for (int i = 0; i < d * d; i++) {
            normalized[i] /= trace;
            half[i] = -0.5 * next[i];
        }
        double[] square = product(p, p, d);
        double[] dn = SliceReference.product(true, product(square, p, d), false, half, d, d, d);
        double[] right = SliceReference.product(false, half, true, normalized, d, d, d); // d(P^3)
        double[] dp = SliceReference.product(false, right, true, square, d, d, d);
        double[] middle =
                SliceReference.product(false, SliceReference.product(true, p, false, right, d, d, d), true, p, d, d, d);
        double[] last = SliceReference.product(true, square, false, right, d, d, d);
        for (int i = 0; i < d * d; i++) {
            ds[i] += dn[i];
            dp[i] += middle[i] + last[i] + 1.5 * next[i];
        }
        return dp;
    }

    private static double trace(double[] s, int d) {
        double sum = 0;
        for (int i = 0; i < d; i++) {
            sum += s[i * d + i];
        }
        return sum;
    }

    private static double[] product(double[] a, double[] b, int d) {
        return SliceReference.product(false, a, false, b, d, d, d);
    }
}
