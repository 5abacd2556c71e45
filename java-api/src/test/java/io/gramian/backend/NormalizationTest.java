package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.NormalizeRowsReference;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalizationTest {
    private final Device device = Device.cpu();

    @Test
    void threeFourBecomesSixEightTenths() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.of(device, new float[] {3, 4}, 1, 2);
            Tensor norm = Tensor.empty(device, 1);
            device.backend().normalization().normalizeRows(z, 1e-12f, z, norm);
            assertThat(z.toFloats()).containsExactly(0.6f, 0.8f);
            assertThat(norm.item()).isEqualTo(5f);
        }
    }

    @ParameterizedTest
    @CsvSource({"0,5", "1,1", "2,31", "33,127", "257,129"})
    void agreesWithTheTruth(int n, int d) {
        Random random = new Random(n * 1000L + d);
        double[] z = random.doubles((long) n * d, -1, 1).map(x -> (float) x).toArray();
        double[] du = random.doubles((long) n * d, -1, 1).map(x -> (float) x).toArray();
        try (Scope scope = Scope.open()) {
            Tensor u = Tensor.empty(device, n, d).fill(Float.NaN);
            Tensor norm = Tensor.empty(device, n);
            Tensor dz = Tensor.empty(device, n, d).fill(Float.NaN);
            device.backend().normalization().normalizeRows(tensor(z, n, d), 1e-12f, u, norm);
            device.backend().normalization().normalizeRowsBackward(u, norm, tensor(du, n, d), 1e-12f, dz);
            assertClose(u, NormalizeRowsReference.value(z, n, d, 1e-12), 1e-6);
            assertClose(dz, NormalizeRowsReference.gradient(z, du, n, d, 1e-12), 1e-5);
        }
    }

    @Test
    void refusesAWrongShape() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.zeros(device, 4, 3);
            assertThatThrownBy(() -> device.backend()
                            .normalization()
                            .normalizeRows(z, 1e-12f, Tensor.zeros(device, 4, 2), Tensor.zeros(device, 4)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("u: expected shape (4, 3), got (4, 2)");
        }
    }

    private Tensor tensor(double[] values, int n, int d) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(device, floats, n, d);
    }

    private static void assertClose(Tensor actual, double[] expected, double tolerance) {
        float[] values = actual.toFloats();
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) values[i]).as("element %d", i).isCloseTo(expected[i], within(tolerance));
        }
    }
}
