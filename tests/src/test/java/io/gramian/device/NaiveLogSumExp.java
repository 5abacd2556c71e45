package io.gramian.device;

import io.gramian.backend.Precision;

/**
 * {@code sum_i log sum_{j != i} exp((x x^T)_ij / tau)} of rows x (n, d) with a stored Gram, every number in float32 and the
 * operands of both products rounded: how far off an honest program of that precision is.
 */
final class NaiveLogSumExp {
    final double value;
    /** Gradient (n, d). */
    final float[] gradient;

    NaiveLogSumExp(float[] x, int n, int d, double tau, Precision precision) {
        float[] gram = NaiveProducts.product(x, x, n, n, d, precision);
        float[] weights = new float[n * n];
        float sum = 0;
        for (int i = 0; i < n; i++) {
            float largest = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < n; j++) {
                largest = j == i ? largest : Math.max(largest, gram[i * n + j]);
            }
            float exponentials = 0;
            for (int j = 0; j < n; j++) {
                exponentials += j == i ? 0 : (float) Math.exp((gram[i * n + j] - largest) / (float) tau);
            }
            sum += largest / (float) tau + (float) Math.log(exponentials);
            for (int j = 0; j < n; j++) {
                float share = (float) Math.exp((gram[i * n + j] - largest) / (float) tau) / exponentials;
                weights[i * n + j] += j == i ? 0 : share / (float) tau;
                weights[j * n + i] += j == i ? 0 : share / (float) tau;
            }
        }
        value = sum;
        gradient = NaiveProducts.product(weights, NaiveProducts.transposed(x, n, d), n, d, n, precision);
    }
}
