package io.gramian.device;

/**
 * Batch normalisation as a plain float32 program would compute it: sums in order, two passes. What it is off by is what
 * float32 costs.
 */
final class NaiveBatchNorm {
    final float[] y;
    final float[] dx;
    final float[] dgamma;
    final float[] dbeta;

    /** For x (rows, c) and the gradient g of the output behind the ReLU. */
    NaiveBatchNorm(
            double[] x, double[] gamma, double[] beta, double[] residual, double[] g, int rows, int c, float eps) {
        float[] mean = new float[c];
        float[] variance = new float[c];
        for (int i = 0; i < rows * c; i++) {
            mean[i % c] += (float) x[i] / rows;
        }
        for (int i = 0; i < rows * c; i++) {
            float difference = (float) x[i] - mean[i % c];
            variance[i % c] += difference * difference / rows;
        }
        y = new float[rows * c];
        dx = new float[rows * c];
        dgamma = new float[c];
        dbeta = new float[c];
        float[] xhat = new float[rows * c];
        for (int i = 0; i < rows * c; i++) {
            int j = i % c;
            float rstd = 1 / (float) Math.sqrt(variance[j] + eps);
            xhat[i] = ((float) x[i] - mean[j]) * rstd;
            y[i] = (float) gamma[j] * xhat[i] + (float) beta[j] + (float) residual[i];
            dbeta[j] += (float) g[i];
            dgamma[j] += (float) g[i] * xhat[i];
        }
        for (int i = 0; i < rows * c; i++) {
            int j = i % c;
            float scale = (float) gamma[j] / (float) Math.sqrt(variance[j] + eps);
            dx[i] = scale * ((float) g[i] - dbeta[j] / rows - xhat[i] * (dgamma[j] / rows));
        }
    }
}
