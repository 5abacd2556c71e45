package io.gramian.reference;

/** Off-diagonal penalty {@code P = sum_{i != j} ((z^T z)_ij / scale)^2} in float64, for z n x d, row-major. */
public final class OffDiagonalPenaltyReference {
    private OffDiagonalPenaltyReference() {}

    /** The feature Gram z^T z / scale (d x d) with zeros on its diagonal. */
    private static double[] offDiagonal(double[] z, int n, int d, double scale) {
        double[] gram = new double[d * d];
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < d; i++) {
                for (int j = 0; j < d; j++) {
                    gram[i * d + j] += z[k * d + i] * z[k * d + j];
                }
            }
        }
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                gram[i * d + j] = i == j ? 0 : gram[i * d + j] / scale;
            }
        }
        return gram;
    }

    /** The penalty. */
    public static double value(double[] z, int n, int d, double scale) {
        double sum = 0;
        for (double entry : offDiagonal(z, n, d, scale)) {
            sum += entry * entry;
        }
        return sum;
    }

    /**
     * Its gradient: a column of z is in a row and a column of the Gram, which is symmetric, and each entry of both is a product
     * with another column.
     */
    public static double[] gradient(double[] z, int n, int d, double scale) {
        double[] gram = offDiagonal(z, n, d, scale);
        double[] dz = new double[n * d];
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < d; i++) {
                for (int j = 0; j < d; j++) {
                    dz[k * d + i] += 4 * gram[i * d + j] * z[k * d + j] / scale;
                }
            }
        }
        return dz;
    }
}
