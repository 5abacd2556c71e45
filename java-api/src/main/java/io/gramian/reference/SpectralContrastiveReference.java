package io.gramian.reference;

/** Spectral contrastive loss of two views in float64, rows cut to a largest norm. */
public final class SpectralContrastiveReference {
    private SpectralContrastiveReference() {}

    /** The loss of za and zb (n x d, row-major) and its gradients; mu is the square of the largest norm. */
    public static LossAndGradients valueAndGradients(double[] za, double[] zb, int n, int d, double mu) {
        double[] a = capped(za, n, d, mu);
        double[] b = capped(zb, n, d, mu);
        double[] g = RowProducts.products(a, n, b, n, d);
        double[] dg = new double[n * n];
        double loss = 0;
        double pairs = (double) n * (n - 1);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double entry = g[i * n + j];
                loss += (i == j ? -2 * entry / n : entry * entry / pairs) / mu;
                dg[i * n + j] = (i == j ? -2.0 / n : 2 * entry / pairs) / mu;
            }
        }
        double[] da = new double[n * d];
        double[] db = new double[n * d];
        RowProducts.addGradients(dg, a, n, b, n, d, da, db);
        return new LossAndGradients(
                loss, new double[][] {cappedGradient(za, da, n, d, mu), cappedGradient(zb, db, n, d, mu)});
    }

    private static double[] capped(double[] z, int n, int d, double mu) {
        double[] out = z.clone();
        for (int i = 0; i < n; i++) {
            double norm = Math.sqrt(RowProducts.dot(z, i, z, i, d));
            for (int k = 0; k < d && norm >= Math.sqrt(mu); k++) {
                out[i * d + k] = z[i * d + k] / norm * Math.sqrt(mu);
            }
        }
        return out;
    }

    private static double[] cappedGradient(double[] z, double[] du, int n, int d, double mu) {
        double[] dz = du.clone();
        for (int i = 0; i < n; i++) {
            double norm = Math.sqrt(RowProducts.dot(z, i, z, i, d));
            double along = RowProducts.dot(z, i, du, i, d) / (norm * norm);
            for (int k = 0; k < d && norm >= Math.sqrt(mu); k++) {
                dz[i * d + k] = Math.sqrt(mu) / norm * (du[i * d + k] - along * z[i * d + k]);
            }
        }
        return dz;
    }
}
