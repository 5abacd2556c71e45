package io.gramian.reference;

/** Absolute off-diagonal penalty {@code P = sum_{i != j} |(z^T z)_ij| / scale} in float64, for z n x d, row-major. */
public final class OffDiagonalAbsoluteReference {
    private OffDiagonalAbsoluteReference() {}

    /** The penalty. */
    public static double value(double[] z, int n, int d, double scale) {
        double sum = 0;
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                sum += i == j ? 0 : Math.abs(entry(z, n, d, i, j)) / scale;
            }
        }
        return sum;
    }

    /** Its gradient; the slope of the magnitude at 0 is 0. */
    public static double[] gradient(double[] z, int n, int d, double scale) {
        double[] dz = new double[n * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double sign = i == j ? 0 : Math.signum(entry(z, n, d, i, j));
                for (int k = 0; k < n; k++) {
                    dz[k * d + i] += sign * z[k * d + j] / scale;
                    dz[k * d + j] += sign * z[k * d + i] / scale;
                }
            }
        }
        return dz;
    }

    private static double entry(double[] z, int n, int d, int i, int j) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
            sum += z[k * d + i] * z[k * d + j];
        }
        return sum;
    }
}
