package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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

    /** Rows and columns in another order, the same for every matrix of this shape. */
    static double[] shuffled(double[] z, int n, int d) {
        List<Integer> rows = order(n, 1);
        List<Integer> columns = order(d, 2);
        double[] moved = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < d; k++) {
                moved[i * d + k] = z[rows.get(i) * d + columns.get(k)];
            }
        }
        return moved;
    }

    /** Columns a and b of every row turned by 0.7, in place, rounded to float32. */
    static void turn(double[] z, int n, int d, int a, int b) {
        double c = Math.cos(0.7);
        double s = Math.sin(0.7);
        for (int i = 0; i < n; i++) {
            double x = z[i * d + a];
            z[i * d + a] = (float) (c * x - s * z[i * d + b]);
            z[i * d + b] = (float) (s * x + c * z[i * d + b]);
        }
    }

    private static List<Integer> order(int count, long seed) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(seed));
        return order;
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
            worst = Math.max(worst, Math.abs(values[i] - expected[i])); // NaN stays
        }
        assertThat(worst / largest)
                .as("worst error relative to the largest entry")
                .isLessThanOrEqualTo(tolerance);
    }

    static void assertClose(double actual, double expected, double tolerance) {
        assertThat(actual).isCloseTo(expected, within(tolerance * Math.max(1e-30, Math.abs(expected))));
    }
}
