package io.gramian.reference;

import java.util.Arrays;

/** Singular values by one-sided Jacobi rotations (Hestenes 1958) in float64: no Gram matrix, full relative accuracy. */
public final class SpectrumReference {
    private static final int SWEEPS = 60;

    private SpectrumReference() {}

    /** The min(n, d) singular values of z (n x d), descending. */
    public static double[] singularValues(double[] z, int n, int d) {
        double[][] rows = n <= d ? split(z, n, d) : split(transposed(z, n, d), d, n);
        boolean rotated = true;
        for (int sweep = 0; sweep < SWEEPS && rotated; sweep++) {
            rotated = false;
            for (int i = 0; i < rows.length; i++) {
                for (int j = i + 1; j < rows.length; j++) {
                    rotated |= orthogonalise(rows[i], rows[j]);
                }
            }
        }
        double[] values = Arrays.stream(rows)
                .mapToDouble(row -> Math.sqrt(dot(row, row)))
                .sorted()
                .toArray();
        double[] descending = new double[values.length];
        for (int k = 0; k < values.length; k++) {
            descending[k] = values[values.length - 1 - k];
        }
        return descending;
    }

    /** Rows of z divided by their norm. */
    public static double[] unitRows(double[] z, int n, int d) {
        return NormalizeRowsReference.value(z, n, d, 1e-12);
    }

    /** z minus its column means. */
    public static double[] centred(double[] z, int n, int d) {
        double[] centred = z.clone();
        for (int k = 0; k < d; k++) {
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean += z[i * d + k] / n;
            }
            for (int i = 0; i < n; i++) {
                centred[i * d + k] -= mean;
            }
        }
        return centred;
    }

    /** Unbiased standard deviation of each column. */
    public static double[] deviations(double[] z, int n, int d) {
        double[] centred = centred(z, n, d);
        double[] deviations = new double[d];
        for (int k = 0; k < d; k++) {
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += centred[i * d + k] * centred[i * d + k];
            }
            deviations[k] = n < 2 ? 0 : Math.sqrt(sum / (n - 1));
        }
        return deviations;
    }

    /** {@code exp(-sum p log p)} with {@code p = s / sum(s) + eps}. */
    public static double rank(double[] values, double eps) {
        double sum = Arrays.stream(values).sum();
        return Math.exp(-Arrays.stream(values)
                .map(value -> value / sum + eps)
                .filter(p -> p != 0)
                .map(p -> p * Math.log(p))
                .sum());
    }

    private static boolean orthogonalise(double[] a, double[] b) {
        double aa = dot(a, a);
        double bb = dot(b, b);
        double ab = dot(a, b);
        if (Math.abs(ab) <= 1e-16 * Math.sqrt(aa * bb) || ab == 0) {
            return false;
        }
        double tau = (bb - aa) / (2 * ab);
        double t = Math.copySign(1 / (Math.abs(tau) + Math.sqrt(1 + tau * tau)), tau);
        double c = 1 / Math.sqrt(1 + t * t);
        double s = c * t;
        for (int k = 0; k < a.length; k++) {
            double x = a[k];
            a[k] = c * x - s * b[k];
            b[k] = s * x + c * b[k];
        }
        return true;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) {
            sum += a[k] * b[k];
        }
        return sum;
    }

    private static double[][] split(double[] z, int rows, int columns) {
        double[][] split = new double[rows][];
        for (int i = 0; i < rows; i++) {
            split[i] = Arrays.copyOfRange(z, i * columns, (i + 1) * columns);
        }
        return split;
    }

    private static double[] transposed(double[] z, int n, int d) {
        double[] t = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < d; k++) {
                t[k * n + i] = z[i * d + k];
            }
        }
        return t;
    }
}
