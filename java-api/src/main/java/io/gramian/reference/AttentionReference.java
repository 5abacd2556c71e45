package io.gramian.reference;

/**
 * Attention in float64 with its matrix of probabilities stored (Vaswani et al. 2017, equation 1): queries, keys and values
 * (b, t, 3, h, e), output (b, t, h, e) {@code = softmax_j(scale <q_i, k_j>) v_j}.
 */
public final class AttentionReference {
    private final int b;
    private final int t;
    private final int h;
    private final int e;
    private final double scale;

    /** For these sizes. */
    public AttentionReference(int b, int t, int h, int e, double scale) {
        this.b = b;
        this.t = t;
        this.h = h;
        this.e = e;
        this.scale = scale;
    }

    /** Output (b, t, h, e). */
    public double[] value(double[] qkv) {
        double[] out = new double[b * t * h * e];
        for (int n = 0; n < b; n++) {
            for (int head = 0; head < h; head++) {
                double[][] p = probabilities(qkv, n, head);
                for (int i = 0; i < t; i++) {
                    for (int j = 0; j < t; j++) {
                        for (int k = 0; k < e; k++) {
                            out[output(n, i, head) + k] += p[i][j] * qkv[input(n, j, 2, head) + k];
                        }
                    }
                }
            }
        }
        return out;
    }

    /** {@code log sum_j exp(scale <q_i, k_j>)}, (b, h, t). */
    public double[] logSum(double[] qkv) {
        double[] logSum = new double[b * h * t];
        for (int n = 0; n < b; n++) {
            for (int head = 0; head < h; head++) {
                double[][] scores = scores(qkv, n, head);
                for (int i = 0; i < t; i++) {
                    double max = max(scores[i]);
                    double sum = 0;
                    for (double score : scores[i]) {
                        sum += Math.exp(score - max);
                    }
                    logSum[(n * h + head) * t + i] = max + Math.log(sum);
                }
            }
        }
        return logSum;
    }

    /** Gradient (b, t, 3, h, e) from that of the output. */
    public double[] gradient(double[] qkv, double[] dout) {
        double[] dqkv = new double[qkv.length];
        for (int n = 0; n < b; n++) {
            for (int head = 0; head < h; head++) {
                headGradient(qkv, dout, n, head, dqkv);
            }
        }
        return dqkv;
    }

    private void headGradient(double[] qkv, double[] dout, int n, int head, double[] dqkv) {
        double[][] p = probabilities(qkv, n, head);
        for (int i = 0; i < t; i++) {
            double[] dp = new double[t];
            double mean = 0;
            for (int j = 0; j < t; j++) {
                for (int k = 0; k < e; k++) {
                    double g = dout[output(n, i, head) + k];
                    dp[j] += g * qkv[input(n, j, 2, head) + k];
                    dqkv[input(n, j, 2, head) + k] += p[i][j] * g;
                }
                mean += p[i][j] * dp[j];
            }
            for (int j = 0; j < t; j++) {
                double ds = p[i][j] * (dp[j] - mean) * scale;
                for (int k = 0; k < e; k++) {
                    dqkv[input(n, i, 0, head) + k] += ds * qkv[input(n, j, 1, head) + k];
                    dqkv[input(n, j, 1, head) + k] += ds * qkv[input(n, i, 0, head) + k];
                }
            }
        }
    }

    private double[][] scores(double[] qkv, int n, int head) {
        double[][] scores = new double[t][t];
        for (int i = 0; i < t; i++) {
            for (int j = 0; j < t; j++) {
                for (int k = 0; k < e; k++) {
                    scores[i][j] += scale * qkv[input(n, i, 0, head) + k] * qkv[input(n, j, 1, head) + k];
                }
            }
        }
        return scores;
    }

    private double[][] probabilities(double[] qkv, int n, int head) {
        double[][] p = scores(qkv, n, head);
        for (double[] row : p) {
            double max = max(row);
            double sum = 0;
            for (int j = 0; j < t; j++) {
                row[j] = Math.exp(row[j] - max);
                sum += row[j];
            }
            for (int j = 0; j < t; j++) {
                row[j] /= sum;
            }
        }
        return p;
    }

    private static double max(double[] values) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            max = Math.max(max, value);
        }
        return max;
    }

    private int input(int n, int token, int which, int head) {
        return (((n * t + token) * 3 + which) * h + head) * e;
    }

    private int output(int n, int token, int head) {
        return ((n * t + token) * h + head) * e;
    }
}
