package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.models.backbone.SineCosinePositions.Order;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SineCosinePositionsTest {
    @Test
    void byHand() {
        // one frequency, 1: [sin x, cos x, sin y, cos y], column by column
        double[] values = new SineCosinePositions(2, 3, 4, 10_000, Order.AUTHORS).values();
        assertThat(values).hasSize(7 * 4).startsWith(0, 0, 0, 0);
        int[][] places = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}; // (x, y)
        for (int token = 0; token < 6; token++) {
            int x = places[token][0];
            int y = places[token][1];
            assertThat(row(values, token + 1, 4))
                    .containsExactly(new double[] {Math.sin(x), Math.cos(x), Math.sin(y), Math.cos(y)}, within(1e-15));
        }
    }

    @Test
    void frequenciesFallByTheTemperature() {
        // the second of two frequencies is temperature^(-1/2)
        double[] values = new SineCosinePositions(1, 4, 8, 100, Order.PATCHES).values();
        assertThat(row(values, 4, 8))
                .containsExactly(
                        new double[] {Math.sin(3), Math.sin(0.3), Math.cos(3), Math.cos(0.3), 0, 0, 1, 1},
                        within(1e-15));
    }

    @Test
    void theOrdersHoldTheSameRows() {
        double[] authors = new SineCosinePositions(3, 5, 12, 10_000, Order.AUTHORS).values();
        double[] patches = new SineCosinePositions(3, 5, 12, 10_000, Order.PATCHES).values();
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 5; x++) {
                assertThat(row(authors, 1 + x * 3 + y, 12)).isEqualTo(row(patches, 1 + y * 5 + x, 12));
            }
        }
    }

    @Test
    void onADevice() {
        SineCosinePositions positions = SineCosinePositions.square(14, 384);
        try (Tensor tensor = positions.tensor(Device.cpu())) {
            assertThat(tensor.shape().toArray()).containsExactly(197, 384);
            float[] values = tensor.toFloats();
            double[] exact = positions.values();
            for (int i = 0; i < values.length; i++) {
                assertThat(values[i]).isEqualTo((float) exact[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-4, 0, 2, 6})
    void refusesWidthsThatDoNotDivide(int dim) {
        assertThatThrownBy(() -> SineCosinePositions.square(2, dim))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("dim: expected a positive multiple of 4")
                .hasMessageContaining("got " + dim);
    }

    @Test
    void refusesEmptyGridsAndBadTemperatures() {
        assertThatThrownBy(() -> SineCosinePositions.square(0, 8)).isInstanceOf(IllegalArgumentException.class);
        for (double temperature : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new SineCosinePositions(2, 2, 8, temperature, Order.PATCHES))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("temperature: expected a finite number above 0, got " + temperature);
        }
    }

    private static double[] row(double[] values, int token, int dim) {
        return Arrays.copyOfRange(values, token * dim, (token + 1) * dim);
    }
}
