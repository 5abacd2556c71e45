package io.gramian.reference;

/**
 * Exponential off-diagonal penalty {@code P = sum_i log sum_{j != i} exp((z^T z)_ij / (scale tau))} in float64, for z n x d,
 * row-major, d at least 2.
 */
public final class OffDiagonalExponentialReference {
    private OffDiagonalExponentialReference() {}

    /** The penalty. */
    public static double value(double[] z, int n, int d, double scale, double tau) {
        double sum = 0;
        for (int i = 0; i < d; i++) {
            double[] logits = logits(z, n, d, i, scale * tau);
            double largest = largest(logits, i);
            double exponentials = 0;
            for (int j = 0; j < d; j++) {
                exponentials += j == i ? 0 : Math.exp(logits[j] - largest);
            }
            sum += largest + Math.log(exponentials);
        }
        return sum;
    }

    /** Its gradient: the softmax of each row, through both columns of an entry. */
    public static double[] gradient(double[] z, int n, int d, double scale, double tau) {
        double[] dz = new double[n * d];
        for (int i = 0; i < d; i++) {
            double[] logits = logits(z, n, d, i, scale * tau);
            double largest = largest(logits, i);
            double exponentials = 0;
            for (int j = 0; j < d; j++) {
                exponentials += j == i ? 0 : Math.exp(logits[j] - largest);
            }
            for (int j = 0; j < d; j++) {
                double p = j == i ? 0 : Math.exp(logits[j] - largest) / exponentials / (scale * tau);
                for (int k = 0; k < n; k++) {
                    dz[k * d + i] += p * z[k * d + j];
                    dz[k * d + j] += p * z[k * d + i];
                }
            }
        }
        return dz;
    }

    private static double[] logits(double[] z, int n, int d, int i, double divisor) {
        double[] row = new double[d];
        for (int k = 0; k < n; k++) {
            for (int j = 0; j < d; j++) {
                row[j] += z[k * d + i] * z[k * d + j] / divisor;
            }
        }
        return row;
    }

    private static double largest(double[] logits, int except) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < logits.length; j++) {
            largest = j == except ? largest : Math.max(largest, logits[j]);
        }
        return largest;
    }
}
