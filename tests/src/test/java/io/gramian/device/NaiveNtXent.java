package io.gramian.device;

/** NT-Xent of two views with every number in float32 and the plain formula: how far off an honest float32 program is. */
final class NaiveNtXent {
    final float loss;
    /** Gradients of both views, one below the other (2n, d). */
    final float[] dz;

    NaiveNtXent(double[] za, double[] zb, int n, int d, float temperature) {
        int rows = 2 * n;
        float[] norm = new float[rows];
        float[] u = unitRows(za, zb, n, d, norm);
        float[] du = new float[rows * d];
        float sum = 0;
        for (int i = 0; i < rows; i++) {
            float[] p = similarities(u, i, rows, d, temperature);
            int positive = i < n ? i + n : i - n;
            float total = 0;
            for (int j = 0; j < rows; j++) {
                total += j == i ? 0 : (float) Math.exp(p[j]);
            }
            sum += (float) Math.log(total) - p[positive];
            for (int j = 0; j < rows; j++) {
                float share = j == i ? 0 : (float) Math.exp(p[j]) / total;
                float ds = (share - (j == positive ? 1 : 0)) / (rows * temperature);
                for (int k = 0; k < d; k++) {
                    du[i * d + k] += ds * u[j * d + k];
                    du[j * d + k] += ds * u[i * d + k];
                }
            }
        }
        loss = sum / rows;
        dz = new float[rows * d];
        for (int i = 0; i < rows; i++) {
            float dot = 0;
            for (int k = 0; k < d; k++) {
                dot += u[i * d + k] * du[i * d + k];
            }
            for (int k = 0; k < d; k++) {
                dz[i * d + k] = (du[i * d + k] - u[i * d + k] * dot) / norm[i];
            }
        }
    }

    private static float[] unitRows(double[] za, double[] zb, int n, int d, float[] norm) {
        float[] u = new float[2 * n * d];
        for (int i = 0; i < 2 * n; i++) {
            float squares = 0;
            for (int k = 0; k < d; k++) {
                float z = (float) (i < n ? za[i * d + k] : zb[(i - n) * d + k]);
                u[i * d + k] = z;
                squares += z * z;
            }
            norm[i] = (float) Math.sqrt(squares);
            for (int k = 0; k < d; k++) {
                u[i * d + k] /= norm[i];
            }
        }
        return u;
    }

    private static float[] similarities(float[] u, int i, int rows, int d, float temperature) {
        float[] s = new float[rows];
        for (int j = 0; j < rows; j++) {
            float dot = 0;
            for (int k = 0; k < d; k++) {
                dot += u[i * d + k] * u[j * d + k];
            }
            s[j] = dot / temperature;
        }
        return s;
    }
}
