package io.gramian.reference;

/**
 * ZCA and PCA whitening of one slice in float64, by way of the differential of the eigenvectors:
 * {@code dU = U (K o (U^T dS U))}, {@code K_ij = 1 / (D_j - D_i)}; for ZCA by the divided differences of {@code D^-1/2}.
 */
final class SpectralWhiteningReference implements SliceReference {
    private final boolean zca;

    SpectralWhiteningReference(boolean zca) {
        this.zca = zca;
    }

    @Override
    public double[] value(double[] x, int n, int d, double eps) {
        double[] matrix = matrix(EigenReference.of(SliceReference.covariance(x, n, d, eps), d), d);
        return SliceReference.product(false, StandardizeColumnsReference.centered(x, n, d), false, matrix, n, d, d);
    }

    /** {@code U D^-1/2}, times U^T for ZCA. */
    private double[] matrix(EigenReference.Decomposition s, int d) {
        double[] w = s.vectors().clone();
        for (int i = 0; i < d * d; i++) {
            w[i] /= Math.sqrt(s.values()[i % d]);
        }
        return zca ? SliceReference.product(false, w, true, s.vectors(), d, d, d) : w;
    }

    @Override
    public double[] gradient(double[] x, double[] dy, int n, int d, double eps) {
        EigenReference.Decomposition s = EigenReference.of(SliceReference.covariance(x, n, d, eps), d);
        double[] u = s.vectors();
        double[] c = StandardizeColumnsReference.centered(x, n, d);
        double[] dw = SliceReference.product(true, c, false, dy, d, n, d);
        double[] inBasis = zca ? zca(dw, s, d) : pca(dw, s, d);
        double[] ds = SliceReference.product(
                false, SliceReference.product(false, u, false, inBasis, d, d, d), true, u, d, d, d);
        return SliceReference.throughTheCovariance(x, dy, matrix(s, d), ds, n, d, eps);
    }

    /** {@code F o (U^T sym(dW) U)}, F the divided differences of {@code D^-1/2}. */
    private static double[] zca(double[] dw, EigenReference.Decomposition s, int d) {
        double[] u = s.vectors();
        double[] inBasis =
                SliceReference.product(false, SliceReference.product(true, u, false, dw, d, d, d), false, u, d, d, d);
        double[] result = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double ri = Math.sqrt(s.values()[i]);
                double rj = Math.sqrt(s.values()[j]);
                double symmetric = (inBasis[i * d + j] + inBasis[j * d + i]) / 2;
                result[i * d + j] = -symmetric / (ri * rj * (ri + rj));
            }
        }
        return result;
    }

    /** W = U D^-1/2: dU = dW D^-1/2 and dD_j = -1/2 D_j^-3/2 (U^T dW)_jj. */
    private static double[] pca(double[] dw, EigenReference.Decomposition s, int d) {
        double[] inBasis = SliceReference.product(true, s.vectors(), false, dw, d, d, d);
        double[] result = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double dj = s.values()[j];
                result[i * d + j] = i == j
                        ? -0.5 * inBasis[i * d + i] / (dj * Math.sqrt(dj))
                        : inBasis[i * d + j] / Math.sqrt(dj) / (dj - s.values()[i]);
            }
        }
        return result;
    }
}
