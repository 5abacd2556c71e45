package io.gramian.device;

import io.gramian.backend.Precision;

/**
 * Attention as a plain program of a precision would compute it: operands of each product rounded to it, scores of a row
 * stored, float32 sums in order. What it is off by is what the precision costs.
 */
record NaiveAttention(int b, int t, int h, int e, float scale, Precision precision) {

    /** Output (b, t, h, e) of qkv (b, t, 3, h, e). */
    float[] value(double[] qkv) {
        float[] x = rounded(qkv);
        float[] out = new float[b * t * h * e];
        for (int row = 0; row < b * h * t; row++) {
            float[] p = scores(x, row);
            float sum = toWeights(p, largest(p));
            for (int j = 0; j < t; j++) {
                float weight = NaiveProducts.rounded(p[j], precision);
                for (int k = 0; k < e; k++) {
                    out[out(row) + k] += weight * x[in(row, j, 2) + k];
                }
            }
            for (int k = 0; k < e; k++) {
                out[out(row) + k] /= sum;
            }
        }
        return out;
    }

    /** Gradient (b, t, 3, h, e) from that of the output. */
    float[] gradient(double[] qkv, double[] dout) {
        float[] x = rounded(qkv);
        float[] g = rounded(dout);
        float[] out = value(qkv);
        float[] dqkv = new float[x.length];
        for (int row = 0; row < b * h * t; row++) {
            float[] p = scores(x, row);
            float largest = largest(p);
            float logSum = largest + (float) Math.log(toWeights(p.clone(), largest));
            toWeights(p, logSum);
            float delta = 0;
            for (int k = 0; k < e; k++) {
                delta += out[out(row) + k] * (float) dout[out(row) + k];
            }
            for (int j = 0; j < t; j++) {
                float slope = dot(g, out(row), x, in(row, j, 2));
                float weight = NaiveProducts.rounded(p[j], precision);
                float ds = NaiveProducts.rounded(p[j] * (slope - delta), precision);
                for (int k = 0; k < e; k++) {
                    dqkv[in(row, j, 2) + k] += weight * g[out(row) + k];
                    dqkv[in(row, row % t, 0) + k] += scale * (ds * x[in(row, j, 1) + k]);
                    dqkv[in(row, j, 1) + k] += scale * (ds * x[in(row, row % t, 0) + k]);
                }
            }
        }
        return dqkv;
    }

    private float[] scores(float[] x, int row) {
        float[] s = new float[t];
        for (int j = 0; j < t; j++) {
            s[j] = scale * dot(x, in(row, row % t, 0), x, in(row, j, 1));
        }
        return s;
    }

    private static float largest(float[] values) {
        float largest = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    /** Scores become exp(score - shift); their sum. */
    private static float toWeights(float[] scores, float shift) {
        float sum = 0;
        for (int j = 0; j < scores.length; j++) {
            scores[j] = (float) Math.exp(scores[j] - shift);
            sum += scores[j];
        }
        return sum;
    }

    private float dot(float[] x, int from, float[] y, int with) {
        float sum = 0;
        for (int k = 0; k < e; k++) {
            sum += x[from + k] * y[with + k];
        }
        return sum;
    }

    /** Where token j of the image and head of a row (b, h, t) begins in qkv: 0 for queries, 1 for keys, 2 for values. */
    private int in(int row, int j, int part) {
        return (((row / t / h * t + j) * 3 + part) * h + row / t % h) * e;
    }

    private int out(int row) {
        return ((row / t / h * t + row % t) * h + row / t % h) * e;
    }

    private float[] rounded(double[] values) {
        float[] result = new float[values.length];
        for (int k = 0; k < values.length; k++) {
            result[k] = NaiveProducts.rounded(values[k], precision);
        }
        return result;
    }
}
