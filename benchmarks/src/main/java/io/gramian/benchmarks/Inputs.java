package io.gramian.benchmarks;

import java.util.Random;

/** The numbers that every side of a comparison starts with. */
public final class Inputs {
    private Inputs() {}

    /** Two correlated Gaussian views (n, d). */
    public static float[][] views(int n, int d) {
        Random random = new Random(1);
        float[][] data = new float[2][n * d];
        for (int k = 0; k < n * d; k++) {
            double common = random.nextGaussian();
            data[0][k] = (float) (common + 0.5 * random.nextGaussian());
            data[1][k] = (float) (common + 0.5 * random.nextGaussian());
        }
        return data;
    }

    /** Gaussian numbers around a centre; the seed, such as the index of a parameter, tells arrays apart. */
    public static float[] gaussian(long seed, int count, double centre, double deviation) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (centre + deviation * random.nextGaussian());
        }
        return values;
    }

    /** {@code after - before}, in place of after: what an update did, without the digits that it did not touch. */
    public static float[] change(float[] before, float[] after) {
        for (int i = 0; i < after.length; i++) {
            after[i] -= before[i];
        }
        return after;
    }
}
