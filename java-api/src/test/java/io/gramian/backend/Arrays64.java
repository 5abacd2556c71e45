package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Random;

/** Float64 arrays whose values are exact in float32, for tests against references. */
final class Arrays64 {
    private Arrays64() {}

    static double[] random(Random random, int count) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        return values;
    }

    static Tensor tensor(double[] values, long... sizes) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(Device.cpu(), floats, sizes);
    }

    /** Every element within {@code tolerance} of the expected one; NaN fails. */
    static void assertClose(String what, Tensor actual, double[] expected, double tolerance) {
        float[] values = actual.toFloats();
        assertThat(values).as(what).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(values[i] - expected[i]);
            if (!(error <= tolerance)) {
                throw new AssertionError(what + " element " + i + ": expected " + expected[i] + " within " + tolerance
                        + ", got " + values[i]);
            }
        }
    }
}
