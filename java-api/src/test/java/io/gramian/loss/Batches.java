package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Random;

/** Random float32 matrices as doubles, and comparisons relative to the largest entry. */
final class Batches {
    private Batches() {}

    /** Uniform in (-1, 1), exact in float32. */
    static double[] random(long seed, int n, int d) {
        return new Random(seed).doubles((long) n * d, -1, 1).map(x -> (float) x).toArray();
    }

    /** A second view: 0.6 of the first plus noise, exact in float32. */
    static double[] view(double[] z, long seed) {
        double[] noise = random(seed, z.length, 1);
        double[] other = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            other[i] = (float) (0.6 * z[i] + 0.4 * noise[i]);
        }
        return other;
    }

    static Tensor tensor(double[] values, int n, int d) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(Device.cpu(), floats, n, d);
    }

    /** Every element within tolerance times the largest expected one; NaN fails. */
    static void assertClose(Tensor actual, double[] expected, double tolerance) {
        double largest = 1e-30;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        float[] values = actual.toFloats();
        assertThat(values).hasSize(expected.length);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(values[i] - expected[i]);
            worst = error <= worst ? worst : error;
        }
        assertThat(worst / largest)
                .as("worst error relative to the largest entry")
                .isLessThanOrEqualTo(tolerance);
    }

    static void assertClose(double actual, double expected, double tolerance) {
        assertThat(actual).isCloseTo(expected, within(tolerance * Math.max(1e-30, Math.abs(expected))));
    }
}
