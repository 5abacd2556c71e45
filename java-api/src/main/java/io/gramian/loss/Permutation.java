package io.gramian.loss;

/**
 * Random permutations as a pure function of (seed, step, iteration): the k-th draw is a SplitMix64 hash of a counter
 * (Steele, Lea and Flood 2014), so any step can be drawn again without the steps before it.
 */
final class Permutation {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Permutation() {}

    /** Fills {@code target[from .. from + n)} with a permutation of 0 .. n-1 (Fisher-Yates). */
    static void draw(long seed, long step, int iteration, int[] target, int from, int n) {
        long key = mix(mix(mix(seed + GOLDEN) ^ step) + GOLDEN * (iteration + 1L));
        for (int i = 0; i < n; i++) {
            int j = below(mix(key + GOLDEN * (i + 1L)), i + 1);
            target[from + i] = target[from + j];
            target[from + j] = i;
        }
    }

    /** The high word of bits times bound: uniform up to bound / 2^63. */
    private static int below(long bits, int bound) {
        return (int) Math.multiplyHigh(bits >>> 1, 2L * bound);
    }

    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
