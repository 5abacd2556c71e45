package io.gramian.device;

/**
 * Layer normalisation as a plain float32 program would compute it: sums in order, two passes. What it is off by is what
 * float32 costs.
 */
final class NaiveLayerNorm {
    final float[] y;
    final float[] dx;
    final float[] dgamma;
    final float[] dbeta;

    /** For x (rows, d) and the gradient dy of the output. */
    NaiveLayerNorm(double[] x, double[] gamma, double[] beta, double[] dy, float eps) {
        int d = gamma.length;
        y = new float[x.length];
        dx = new float[x.length];
        dgamma = new float[d];
        dbeta = new float[d];
        for (int row = 0; row < x.length; row += d) {
            float mean = 0;
            for (int j = 0; j < d; j++) {
                mean += (float) x[row + j] / d;
            }
            float variance = 0;
            for (int j = 0; j < d; j++) {
                float difference = (float) x[row + j] - mean;
                variance += difference * difference / d;
            }
            float rstd = 1 / (float) Math.sqrt(variance + eps);
            float plain = 0;
            float along = 0;
            for (int j = 0; j < d; j++) {
                float xhat = ((float) x[row + j] - mean) * rstd;
                float g = (float) gamma[j] * (float) dy[row + j];
                y[row + j] = (float) gamma[j] * xhat + (float) beta[j];
                dbeta[j] += (float) dy[row + j];
                dgamma[j] += (float) dy[row + j] * xhat;
                plain += g / d;
                along += g * xhat / d;
            }
            for (int j = 0; j < d; j++) {
                float xhat = ((float) x[row + j] - mean) * rstd;
                dx[row + j] = rstd * ((float) gamma[j] * (float) dy[row + j] - plain - xhat * along);
            }
        }
    }
}
