package io.gramian.reference;

/** Row normalisation {@code u_i = z_i / max(||z_i||, eps)} in float64. */
public final class NormalizeRowsReference {
    private NormalizeRowsReference() {}

    /** Unit rows (n x d, row-major) of z. */
    public static double[] value(double[] z, int n, int d, double eps) {
        double[] u = new double[n * d];
        for (int i = 0; i < n; i++) {
            double divisor = Math.max(norm(z, i, d), eps);
            for (int k = 0; k < d; k++) {
                u[i * d + k] = z[i * d + k] / divisor;
            }
        }
        return u;
    }

    /** Gradient with respect to z, given the gradient du with respect to the unit rows. */
    public static double[] gradient(double[] z, double[] du, int n, int d, double eps) {
        double[] dz = new double[n * d];
        for (int i = 0; i < n; i++) {
            double norm = norm(z, i, d);
            double dot = 0;
            for (int k = 0; k < d; k++) {
                dot += z[i * d + k] * du[i * d + k];
            }
            for (int k = 0; k < d; k++) {
                int at = i * d + k;
                dz[at] = norm > eps ? du[at] / norm - z[at] * dot / (norm * norm * norm) : du[at] / eps;
            }
        }
        return dz;
    }

    private static double norm(double[] z, int i, int d) {
        double sum = 0;
        for (int k = 0; k < d; k++) {
            sum += z[i * d + k] * z[i * d + k];
        }
        return Math.sqrt(sum);
    }
}
