package io.gramian.device;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Precision;
import java.util.Arrays;
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

    /** Standard normal numbers that bfloat16 has. */
    static double[] halves(long seed, int count) {
        return stored(DType.BFLOAT16, gaussian(seed, count));
    }

    /** The nearest numbers that a type of activations has. */
    static double[] stored(DType type, double[] values) {
        Precision precision = type == DType.BFLOAT16 ? Precision.BFLOAT16 : Precision.FLOAT32;
        return Arrays.stream(values)
                .map(value -> NaiveProducts.rounded(value, precision))
                .toArray();
    }

    static Tensor tensor(Device device, double[] values, long... sizes) {
        return Tensor.of(device, NaiveProducts.floats(values), sizes);
    }

    /** A bfloat16 tensor. */
    static Tensor half(Device device, double[] values, long... sizes) {
        return tensor(device, DType.BFLOAT16, values, sizes);
    }

    static Tensor tensor(Device device, DType type, double[] values, long... sizes) {
        return Tensor.empty(device, type, sizes).copyFrom(NaiveProducts.floats(values));
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
