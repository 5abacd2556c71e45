package io.gramian.device;

import io.gramian.backend.Precision;
import java.util.Arrays;

/**
 * A contrastive loss the plain way: rows of all views below each other, all their products stored, every number in
 * float32, operands of products rounded to the precision. How far off an honest program of that precision is.
 */
final class NaiveContrast {
    /** What a loss makes of the products s (rows x rows). */
    interface Criterion {
        /** The loss; ds, which is 0, receives its derivatives. */
        float run(float[] s, int rows, float[] ds);
    }

    final float loss;
    /** Gradients of the views, one below the other. */
    final float[] dz;

    private final int d;
    private final Precision precision;

    /**
     * Views (.., d). limit 1 and unit: rows are made unit rows; not unit: rows longer than the limit are cut to it, infinity
     * for rows as they are.
     */
    NaiveContrast(double[][] views, int d, boolean unit, double limit, Precision precision, Criterion criterion) {
        this.d = d;
        this.precision = precision;
        double[] z = Arrays.stream(views).flatMapToDouble(Arrays::stream).toArray();
        int rows = z.length / d;
        float[] u = new float[rows * d];
        float[] scale = new float[rows];
        for (int i = 0; i < rows; i++) {
            scale[i] = row(z, i, unit, (float) limit, u);
        }
        float[] rounded = rounded(u);
        float[] s = new float[rows * rows];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rows; j++) {
                s[i * rows + j] = dot(rounded, i, rounded, j);
            }
        }
        float[] ds = new float[rows * rows];
        loss = criterion.run(s, rows, ds);
        dz = new float[rows * d];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rows; j++) {
                float w = round(ds[i * rows + j] + ds[j * rows + i]);
                for (int k = 0; k < d && w != 0; k++) {
                    dz[i * d + k] += w * rounded[j * d + k];
                }
            }
        }
        for (int i = 0; i < rows; i++) {
            boolean fixed = unit || scale[i] != 1;
            float along = fixed ? dot(u, i, dz, i) / (unit ? 1 : (float) (limit * limit)) : 0;
            for (int k = 0; k < d; k++) {
                dz[i * d + k] = (dz[i * d + k] - u[i * d + k] * along) * scale[i];
            }
        }
    }

    private float row(double[] z, int i, boolean unit, float limit, float[] u) {
        float squares = 0;
        for (int k = 0; k < d; k++) {
            squares += (float) z[i * d + k] * (float) z[i * d + k];
        }
        float norm = (float) Math.sqrt(squares);
        float scale = unit || norm >= limit ? limit / norm : 1;
        for (int k = 0; k < d; k++) {
            u[i * d + k] = (float) z[i * d + k] * scale;
        }
        return scale;
    }

    private float dot(float[] x, int i, float[] y, int j) {
        float dot = 0;
        for (int k = 0; k < d; k++) {
            dot += x[i * d + k] * y[j * d + k];
        }
        return dot;
    }

    private float[] rounded(float[] x) {
        float[] y = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            y[k] = round(x[k]);
        }
        return y;
    }

    /** TF32 keeps 10 bits behind the point, ties away from zero; bfloat16 keeps 7, ties to even. */
    private float round(float x) {
        int bits = Float.floatToRawIntBits(x);
        return switch (precision) {
            case FLOAT32 -> x;
            case TF32 -> Float.intBitsToFloat(bits + 0x1000 & ~0x1fff);
            case BFLOAT16 -> Float.intBitsToFloat(bits + 0x7fff + (bits >> 16 & 1) & ~0xffff);
        };
    }
}
