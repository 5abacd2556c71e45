package io.gramian.device;

import io.gramian.backend.Precision;
import io.gramian.reference.NormalizeRowsReference;

/**
 * Uniformity {@code log mean_{i<j} exp(-t |u_i - u_j|^2)} of the unit rows of z (n, d) with a stored Gram, every number in
 * float32 and the operands of both products rounded: how far off an honest program of that precision is.
 */
final class NaiveUniformity {
    final double value;
    /** Gradient (n, d). */
    final float[] gradient;

    NaiveUniformity(double[] z, int n, int d, float t, Precision precision) {
        float[] u = NaiveProducts.floats(NormalizeRowsReference.value(z, n, d, 1e-12));
        float[] gram = NaiveProducts.product(u, u, n, n, d, precision);
        float[] weights = new float[n * n];
        float sum = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                weights[i * n + j] = i == j ? 0 : (float) Math.exp(2 * t * (gram[i * n + j] - 1));
                sum += weights[i * n + j] / 2;
            }
        }
        value = (float) Math.log(2 * sum / n / (n - 1));
        float[] du = NaiveProducts.product(weights, NaiveProducts.transposed(u, n, d), n, d, n, precision);
        gradient = new float[n * d];
        for (int i = 0; i < n; i++) {
            float square = 0;
            float along = 0;
            for (int k = i * d; k < (i + 1) * d; k++) {
                square += (float) z[k] * (float) z[k];
                along += u[k] * du[k];
            }
            for (int k = i * d; k < (i + 1) * d; k++) {
                gradient[k] = 2 * t / sum * (du[k] - along * u[k]) / (float) Math.sqrt(square);
            }
        }
    }
}
