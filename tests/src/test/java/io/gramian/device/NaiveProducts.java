package io.gramian.device;

import io.gramian.backend.Precision;

/** Matrix products as an honest program of a precision has them: operands rounded to it, sums in float32 as they come. */
final class NaiveProducts {
    private NaiveProducts() {}

    /** Nearest number of a precision: TF32 with ties away from zero, bfloat16 with ties to even. */
    static float rounded(double value, Precision precision) {
        float x = (float) value;
        int bits = Float.floatToRawIntBits(x);
        return switch (precision) {
            case FLOAT32 -> x;
            case TF32 -> Float.intBitsToFloat(bits + 0x1000 & ~0x1fff);
            case BFLOAT16 -> Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & ~0xffff);
        };
    }

    /** {@code x y^T} of x (m, k) and y (n, k). */
    static float[] product(float[] x, float[] y, int m, int n, int k, Precision precision) {
        float[] a = rounded(x, precision);
        float[] b = rounded(y, precision);
        float[] result = new float[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int c = 0; c < k; c++) {
                    sum += a[i * k + c] * b[j * k + c];
                }
                result[i * n + j] = sum;
            }
        }
        return result;
    }

    /** x (m, n) transposed. */
    static float[] transposed(float[] x, int m, int n) {
        float[] result = new float[x.length];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                result[j * m + i] = x[i * n + j];
            }
        }
        return result;
    }

    static float[] floats(double[] values) {
        float[] result = new float[values.length];
        for (int k = 0; k < values.length; k++) {
            result[k] = (float) values[k];
        }
        return result;
    }

    static float[] rounded(float[] x, Precision precision) {
        float[] result = new float[x.length];
        for (int k = 0; k < x.length; k++) {
            result[k] = rounded(x[k], precision);
        }
        return result;
    }
}
