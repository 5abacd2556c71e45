package io.gramian.loss;

/**
 * Random unit vectors as a pure function of (seed, step): normal numbers by the transform of Box and Muller (1958) from
 * SplitMix64 hashes of a counter, divided by their norm.
 */
final class Directions {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Directions() {}

    /** {@code count} unit vectors of length d: the columns of a row-major (d, count). */
    static float[] draw(long seed, long step, int d, int count) {
        double[] normal = new double[Math.multiplyExact(d, count)];
        long key = mix(mix(seed + GOLDEN) ^ (step * GOLDEN + 1));
        for (int pair = 0; 2 * pair < normal.length; pair++) {
            // in (0, 1], so that the logarithm is finite
            double radius = Math.sqrt(-2 * Math.log(((mix(key + GOLDEN * (2L * pair + 1)) >>> 11) + 1) * 0x1p-53));
            double angle = 2 * Math.PI * ((mix(key + GOLDEN * (2L * pair + 2)) >>> 11) * 0x1p-53);
            normal[2 * pair] = radius * Math.cos(angle);
            if (2 * pair + 1 < normal.length) {
                normal[2 * pair + 1] = radius * Math.sin(angle);
            }
        }
        double[] squares = new double[count];
        for (int i = 0; i < normal.length; i++) {
            squares[i % count] += normal[i] * normal[i];
        }
        float[] directions = new float[normal.length];
        for (int i = 0; i < normal.length; i++) {
            directions[i] = (float) (normal[i] / Math.sqrt(squares[i % count]));
        }
        return directions;
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
