package io.gramian;

/** The upper half of a float32: eight bits of exponent, seven of mantissa. */
final class Bfloat16 {
    private Bfloat16() {}

    /** The nearest one, ties to even; NaN stays NaN. */
    static short of(float value) {
        int bits = Float.floatToIntBits(value);
        return (short) (Float.isNaN(value) ? bits >>> 16 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    static short[] of(float[] values) {
        short[] result = new short[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = of(values[i]);
        }
        return result;
    }

    /** The same numbers in float32, exactly. */
    static float[] widened(short[] values) {
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = Float.intBitsToFloat(values[i] << 16);
        }
        return result;
    }
}
