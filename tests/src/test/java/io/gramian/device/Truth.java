package io.gramian.device;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Random;
import java.util.stream.IntStream;

/** Inputs that are exact in float32, and distances from the float64 truth. */
final class Truth {
    private Truth() {}

    /** Standard normal numbers. */
    static double[] gaussian(long seed, int count) {
        Random random = new Random(seed);
        return IntStream.range(0, count)
                .mapToDouble(k -> (float) random.nextGaussian())
                .toArray();
    }

    static Tensor tensor(Device device, double[] values, long... sizes) {
        float[] floats = new float[values.length];
        for (int k = 0; k < values.length; k++) {
            floats[k] = (float) values[k];
        }
        return Tensor.of(device, floats, sizes);
    }

    /** Largest difference, relative to the largest expected element. NaN is an error of its own: no bound would hold it. */
    static double error(float[] actual, double[] expected) {
        double largest = Double.MIN_NORMAL;
        double worst = 0;
        for (int k = 0; k < expected.length; k++) {
            largest = Math.max(largest, Math.abs(expected[k]));
        }
        for (int k = 0; k < expected.length; k++) {
            double difference = Math.abs(actual[k] - expected[k]);
            if (Double.isNaN(difference)) {
                throw new AssertionError("element " + k + ": expected " + expected[k] + ", got " + actual[k]);
            }
            worst = Math.max(worst, difference);
        }
        return expected.length == 0 ? 0 : worst / largest;
    }
}
