package io.gramian.backend;

/** The layers of a transformer as one would write them in float32: how far off that is bounds what kernels may be. */
final class NaiveTransformer {
    private NaiveTransformer() {}

    /** Largest distance of float32 values from the truth. */
    static double error(float[] values, double[] truth) {
        double error = 0;
        for (int i = 0; i < truth.length; i++) {
            error = Math.max(error, Math.abs(values[i] - truth[i]));
        }
        return error;
    }

    /** Within twice the error of float32 arithmetic, and a last digit. */
    static void assertClose(String what, Guarded actual, double[] truth, float[] naive) {
        double largest = 0;
        for (double value : truth) {
            largest = Math.max(largest, Math.abs(value));
        }
        actual.assertBandsUntouched();
        actual.assertWritten();
        Arrays64.assertClose(what, actual.tensor(), truth, 2 * error(naive, truth) + 3e-7 * largest);
    }

    static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /** Mean and reciprocal deviation of a row. */
    private static float[] statistics(float[] x, int row, int d, float eps) {
        float mean = 0;
        for (int j = 0; j < d; j++) {
            mean += x[row * d + j];
        }
        mean /= d;
        float variance = 0;
        for (int j = 0; j < d; j++) {
            variance += (x[row * d + j] - mean) * (x[row * d + j] - mean);
        }
        return new float[] {mean, 1 / (float) Math.sqrt(variance / d + eps)};
    }

    static float[] layerNorm(float[] x, float[] gamma, float[] beta, float eps) {
        int d = gamma.length;
        float[] y = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            float[] of = statistics(x, i / d, d, eps);
            y[i] = (x[i] - of[0]) * of[1] * gamma[i % d] + beta[i % d];
        }
        return y;
    }

    /** dx, dgamma, dbeta. */
    static float[][] layerNormBackward(float[] x, float[] gamma, float[] dy, float eps) {
        int d = gamma.length;
        float[][] gradients = {new float[x.length], new float[d], new float[d]};
        for (int i = 0; i < x.length / d; i++) {
            float[] of = statistics(x, i, d, eps);
            float sum = 0;
            float along = 0;
            for (int j = 0; j < d; j++) {
                int at = i * d + j;
                float normalized = (x[at] - of[0]) * of[1];
                sum += gamma[j] * dy[at];
                along += gamma[j] * dy[at] * normalized;
                gradients[1][j] += dy[at] * normalized;
                gradients[2][j] += dy[at];
            }
            for (int j = 0; j < d; j++) {
                int at = i * d + j;
                float normalized = (x[at] - of[0]) * of[1];
                gradients[0][at] = of[1] * (gamma[j] * dy[at] - sum / d - normalized * along / d);
            }
        }
        return gradients;
    }

    /** Sizes of an attention; q, k and v of a token side by side. */
    record Attention(int b, int t, int h, int e, float scale) {
        private int in(int n, int token, int which, int head) {
            return (((n * t + token) * 3 + which) * h + head) * e;
        }

        private int out(int n, int token, int head) {
            return ((n * t + token) * h + head) * e;
        }

        private static float dot(float[] x, int from, float[] y, int with, int e) {
            float sum = 0;
            for (int k = 0; k < e; k++) {
                sum += x[from + k] * y[with + k];
            }
            return sum;
        }

        private float[] probabilities(float[] qkv, int n, int head, int i) {
            float[] p = new float[t];
            float max = Float.NEGATIVE_INFINITY;
            for (int j = 0; j < t; j++) {
                p[j] = scale * dot(qkv, in(n, i, 0, head), qkv, in(n, j, 1, head), e);
                max = Math.max(max, p[j]);
            }
            float sum = 0;
            for (int j = 0; j < t; j++) {
                p[j] = (float) Math.exp(p[j] - max);
                sum += p[j];
            }
            for (int j = 0; j < t; j++) {
                p[j] /= sum;
            }
            return p;
        }

        float[] value(float[] qkv) {
            float[] out = new float[qkv.length / 3];
            for (int row = 0; row < b * h * t; row++) {
                int n = row / t / h;
                int head = row / t % h;
                float[] p = probabilities(qkv, n, head, row % t);
                for (int j = 0; j < t; j++) {
                    for (int k = 0; k < e; k++) {
                        out[out(n, row % t, head) + k] += p[j] * qkv[in(n, j, 2, head) + k];
                    }
                }
            }
            return out;
        }

        float[] gradient(float[] qkv, float[] dout) {
            float[] dqkv = new float[qkv.length];
            for (int row = 0; row < b * h * t; row++) {
                int n = row / t / h;
                int head = row / t % h;
                int i = row % t;
                float[] p = probabilities(qkv, n, head, i);
                float[] dp = new float[t];
                float mean = 0;
                for (int j = 0; j < t; j++) {
                    dp[j] = dot(dout, out(n, i, head), qkv, in(n, j, 2, head), e);
                    mean += p[j] * dp[j];
                }
                for (int j = 0; j < t; j++) {
                    float ds = p[j] * (dp[j] - mean) * scale;
                    for (int k = 0; k < e; k++) {
                        dqkv[in(n, j, 2, head) + k] += p[j] * dout[out(n, i, head) + k];
                        dqkv[in(n, i, 0, head) + k] += ds * qkv[in(n, j, 1, head) + k];
                        dqkv[in(n, j, 1, head) + k] += ds * qkv[in(n, i, 0, head) + k];
                    }
                }
            }
            return dqkv;
        }
    }
}
