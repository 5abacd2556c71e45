package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.LinearAlgebra;
import io.gramian.backend.LinearAlgebra.Strided;
import io.gramian.backend.Network;
import io.gramian.backend.Permutations;
import io.gramian.backend.Stream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sums, multiples, ReLU, biases and sums of columns of the CUDA sources on the SIMT executor. All but the sums of
 * columns round once, so that their results are those of float64, rounded.
 */
class SimtElementwiseTest {
    private final Device device = DeviceUnderTest.get();
    private final LinearAlgebra algebra = device.backend().linearAlgebra();
    private final Network network = device.backend().network();

    /** Where x, y and z begin, in floats behind a border: together, and not. */
    @ParameterizedTest
    @CsvSource({
        "0,0,0,0",
        "1,0,0,0",
        "2,3,3,3",
        "3,1,1,1",
        "4,0,0,0",
        "5,2,2,2",
        "31,0,1,0",
        "33,1,1,2",
        "127,0,0,0",
        "1025,3,3,3",
        "4099,1,2,3",
        "4099,1,1,1"
    })
    void oneElementAtATime(int count, int atX, int atY, int atZ) {
        double[] x = Truth.gaussian(count, count);
        double[] y = Truth.gaussian(count + 1L, count);
        try (Scope scope = Scope.open()) {
            Tensor tx = Guarded.shifted(device, atX, count).with(x).tensor();
            Tensor ty = Guarded.shifted(device, atY, count).with(y).tensor();
            Guarded sum = Guarded.shifted(device, atZ, count);
            Guarded scaled = Guarded.shifted(device, atZ, count);
            Guarded relu = Guarded.shifted(device, atZ, count);
            Guarded gradient = Guarded.shifted(device, atZ, count);
            algebra.add(tx, ty, sum.tensor());
            algebra.scale(-1.7f, tx, scaled.tensor());
            network.relu(tx, relu.tensor());
            network.reluBackward(tx, ty, gradient.tensor());
            for (int i = 0; i < count; i++) {
                assertThat(sum.values()[i]).isEqualTo((float) (x[i] + y[i]));
                assertThat(scaled.values()[i]).isEqualTo((float) (-1.7f * x[i]));
                assertThat(relu.values()[i]).isEqualTo((float) Math.max(x[i], 0));
                assertThat(gradient.values()[i]).isEqualTo(x[i] > 0 ? (float) y[i] : 0);
                i += count > 1000 && i > 40 && i < count - 40 ? 61 : 0; // borders, and some between
            }
        }
    }

    @Test
    void outputsMayBeInputs() {
        double[] x = Truth.gaussian(1, 1001);
        try (Scope scope = Scope.open()) {
            Guarded t = Guarded.shifted(device, 3, 1001).with(x);
            algebra.add(t.tensor(), t.tensor(), t.tensor());
            algebra.scale(0.5f, t.tensor(), t.tensor());
            assertThat(Truth.error(t.values(), x)).isZero();
            Tensor g = Guarded.shifted(device, 3, 1001).with(x).tensor();
            network.relu(t.tensor(), t.tensor());
            network.reluBackward(t.tensor(), g, g);
            assertThat(g.toFloats()).isEqualTo(t.values());
            Guarded rows = Guarded.of(device, 77, 13).with(x);
            algebra.addToRows(rows.tensor(), Tensor.zeros(device, 13), rows.tensor());
            assertThat(Truth.error(rows.values(), x)).isZero();
        }
    }

    /** More elements than one grid has threads. */
    @Test
    void threadsStride() {
        int count = 4 * 256 * 2112 + 5;
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.empty(device, count).fill(2);
            Guarded z = Guarded.of(device, count);
            algebra.add(x, x, z.tensor());
            assertThat(z.values()).containsOnly(4);
        }
    }

    @Test
    void nanAndInfinityGoWhereTheyWouldOnTheProcessor() {
        float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, 1, Float.MAX_VALUE};
        float[] more = {1, Float.NEGATIVE_INFINITY, 2, 3, Float.NaN, Float.MAX_VALUE};
        for (Device at : new Device[] {device, Device.cpu()}) {
            try (Scope scope = Scope.open()) {
                Tensor x = Tensor.of(at, bad, 6);
                Tensor y = Tensor.of(at, more, 6);
                Tensor z = Tensor.empty(at, 6);
                at.backend().linearAlgebra().add(x, y, z);
                assertThat(z.toFloats())
                        .containsExactly(
                                Float.NaN, Float.NaN, Float.NEGATIVE_INFINITY, 3, Float.NaN, Float.POSITIVE_INFINITY);
                at.backend().network().relu(x, z);
                assertThat(z.toFloats())
                        .containsExactly(Float.NaN, Float.POSITIVE_INFINITY, 0, -0f, 1, Float.MAX_VALUE);
                at.backend().network().reluBackward(x, y, z);
                assertThat(z.toFloats()).containsExactly(1, Float.NEGATIVE_INFINITY, 0, 0, Float.NaN, Float.MAX_VALUE);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0,3", "3,0", "1,1", "2,31", "31,2", "33,64", "127,3", "129,33", "257,132", "5,257", "2049,4"})
    void rowsAndColumnsAgreeWithTheTruth(int rows, int columns) {
        double[] x = Truth.gaussian(rows, rows * columns);
        double[] bias = Truth.gaussian(columns, columns);
        double[] added = new double[x.length];
        double[] sums = new double[columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] + 1000 * (i % columns % 3)); // float32 sums would lose digits
            added[i] = (float) (x[i] + bias[i % columns]);
            sums[i % columns] += x[i];
        }
        float[] first = null;
        for (int seed = 1; seed <= 3; seed++) { // other alignments too: the bits stay
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                LinearAlgebra room = device.backend().linearAlgebra(stream);
                Tensor t =
                        Guarded.shifted(device, seed % 2, rows, columns).with(x).tensor();
                Guarded y = Guarded.shifted(device, seed / 2, rows, columns);
                Guarded s = Guarded.shifted(device, seed, columns);
                room.addToRows(t, Truth.tensor(device, bias, columns), y.tensor());
                room.columnSums(t, s.tensor());
                assertThat(Truth.error(y.values(), added)).isZero();
                float[] values = s.values();
                for (int j = 0; j < columns; j++) {
                    // one rounding, and what float64 leaves
                    assertThat((double) values[j])
                            .isBetween(
                                    sums[j] - 6e-8 * (1e-5 + Math.abs(sums[j])),
                                    sums[j] + 6e-8 * (1e-5 + Math.abs(sums[j])));
                }
                first = first == null ? values : first;
                assertThat(values).isEqualTo(first);
            }
        }
    }

    /** More rows than one grid has blocks, rows longer than a block, none; there and back. */
    @ParameterizedTest
    @CsvSource({"0,3", "3,0", "1,1", "33,7", "3,2050", "4099,2"})
    void rowsChangePlaces(int rows, int columns) {
        float[] x = new float[rows * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        int[] order = new int[2 * rows];
        for (int i = 0; i < rows; i++) {
            order[i] = i;
            order[rows + i] = (int) ((i * 4001L + 5) % rows); // 4001 is a prime, so that each row comes once
        }
        for (Device at : new Device[] {device, Device.cpu()}) {
            try (Scope scope = Scope.open();
                    Permutations orders = new Permutations(at, 2, rows, order)) {
                LinearAlgebra algebra = at.backend().linearAlgebra();
                Tensor from = Tensor.of(at, x, rows, columns);
                Tensor to = Tensor.empty(at, rows, columns).fill(Float.NaN);
                algebra.permuteRows(orders, 1, false, from, to);
                float[] moved = to.toFloats();
                for (int i = 0; i < x.length; i++) {
                    assertThat(moved[i]).isEqualTo(x[order[rows + i / columns] * columns + i % columns]);
                }
                Tensor again = Tensor.empty(at, rows, columns).fill(Float.NaN);
                algebra.permuteRows(orders, 1, true, to, again);
                assertThat(again.toFloats()).isEqualTo(x);
                algebra.permuteRows(orders, 0, true, from, again);
                assertThat(again.toFloats()).isEqualTo(x);
            }
        }
    }

    /** More rows than one grid has blocks, rows longer than a block, one row again and again, none. */
    @ParameterizedTest
    @CsvSource({"0,3,3,3", "3,0,2,2", "1,1,1,1", "5,7,9,11", "3,1025,1030,1025", "2,2050,0,2051", "4099,2,3,5"})
    void rowsGoToTheirPlaces(int rows, int columns, int fromStride, int toStride) {
        double[] x = Truth.gaussian(rows, Math.max(0, rows - 1) * fromStride + columns);
        int length = Math.max(0, rows - 1) * toStride + columns;
        for (Device at : new Device[] {device, Device.cpu()}) {
            try (Scope scope = Scope.open()) {
                Tensor from = Truth.tensor(at, x, x.length);
                Tensor to = Tensor.empty(at, length + 1).fill(7);
                at.backend()
                        .linearAlgebra()
                        .copyRows(new Strided(from, 0, fromStride), new Strided(to, 1, toStride), rows, columns);
                float[] expected = new float[length + 1];
                Arrays.fill(expected, 7);
                for (int i = 0; i < rows * columns; i++) {
                    expected[1 + i / columns * toStride + i % columns] =
                            (float) x[i / columns * fromStride + i % columns];
                }
                assertThat(to.toFloats()).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void aBadColumnKeepsToItself(float bad) {
        try (Scope scope = Scope.open()) {
            float[] x = new float[70 * 5];
            x[5 * 69 + 2] = bad;
            Tensor sums = Tensor.empty(device, 5);
            algebra.columnSums(Tensor.of(device, x, 70, 5), sums);
            assertThat(sums.toFloats()).containsExactly(0, 0, bad, 0, 0);
        }
    }
}
