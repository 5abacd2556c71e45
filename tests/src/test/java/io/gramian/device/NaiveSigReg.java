package io.gramian.device;

import io.gramian.backend.Precision;

/**
 * SIGReg of one view z (n, d) and directions (d, m), every number in float32 and the operands of both products rounded: how
 * far off an honest program of that precision is.
 */
final class NaiveSigReg {
    final double value;
    /** Gradient (n, d). */
    final float[] gradient;

    NaiveSigReg(double[] z, double[] directions, int n, int d, int m, int knots, double tMax, Precision precision) {
        float[] a = NaiveProducts.floats(directions);
        float[] x =
                NaiveProducts.product(NaiveProducts.floats(z), NaiveProducts.transposed(a, d, m), n, m, d, precision);
        float[] dx = new float[n * m];
        float h = (float) (tMax / (knots - 1));
        float sum = 0;
        for (int k = 0; k < knots; k++) {
            float t = k * h;
            float phi = (float) Math.exp(-t * t / 2);
            float weight = (k == 0 || k == knots - 1 ? h : 2 * h) * phi;
            for (int j = 0; j < m; j++) {
                float cosine = 0;
                float sine = 0;
                for (int i = 0; i < n; i++) {
                    cosine += (float) Math.cos(t * x[i * m + j]) / n;
                    sine += (float) Math.sin(t * x[i * m + j]) / n;
                }
                float miss = cosine - phi;
                sum += n * weight * (miss * miss + sine * sine) / m;
                float slope = 2 * weight * t / m;
                for (int i = 0; i < n; i++) {
                    float angle = t * x[i * m + j];
                    dx[i * m + j] += slope * (sine * (float) Math.cos(angle) - miss * (float) Math.sin(angle));
                }
            }
        }
        value = sum;
        gradient = NaiveProducts.product(dx, a, n, d, m, precision);
    }
}
