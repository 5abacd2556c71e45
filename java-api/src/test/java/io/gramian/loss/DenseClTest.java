package io.gramian.loss;

import static io.gramian.loss.Batches.assertClose;
import static io.gramian.loss.Batches.random;
import static io.gramian.loss.Batches.tensor;
import static io.gramian.loss.Batches.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.DenseMatchReference;
import io.gramian.reference.KeyInfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.NormalizeRowsReference;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DenseClTest {
    private final Device device = Device.cpu();

    @Test
    void matchesByHand() {
        // two images of two cells: right and up against (up, left) and (down right, right)
        double[] a = {1, 0, 0, 1, 1, 0, 0, 1};
        double[] b = {0, 3, -1, 0, 2, -2, 9, 0};
        try (Scope scope = Scope.open()) {
            assertThat(DenseCl.matches(tensor(a, 4, 2), tensor(b, 4, 2), 2).toInts())
                    .containsExactly(0, 0, 3, 3);
            float bad = Float.NaN;
            assertThat(DenseCl.matches(
                                    tensor(new double[] {bad, 0, 0, 1}, 2, 2),
                                    tensor(a, 4, 2).rows(0, 2),
                                    2)
                            .toInts())
                    .containsExactly(0, 1);
            assertThat(DenseCl.means(tensor(a, 4, 2), 2).toFloats()).containsExactly(0.5f, 0.5f, 0.5f, 0.5f);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "3,49,20", "2,64,127", "2,65,33", "5,129,3"})
    void matchesAgreeWithTheTruth(int images, int cells, int channels) {
        double[] a = random(1, images * cells, channels);
        double[] b = view(a, 2);
        try (Scope scope = Scope.open()) {
            int rows = images * cells;
            int[] match = DenseCl.matches(tensor(a, rows, channels), tensor(b, rows, channels), cells)
                    .toInts();
            if (channels > 1) {
                assertThat(match).isEqualTo(DenseMatchReference.value(a, b, images, cells, channels));
            } else {
                // signs: nearly all cosines are equal
                assertThat(match).hasSize(rows);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,0.2,0.5", "4,9,0.2,0.5", "6,49,0.07,0.7", "3,16,0.5,0", "3,16,0.5,1"})
    void lossAndGradientsAgreeWithTheTruth(int images, int cells, float temperature, float lambda) {
        int d = 12;
        int e = 10;
        int channels = 16;
        int rows = images * cells;
        double[] q = random(1, images, d);
        double[] k = view(q, 2);
        double[] dense = random(3, rows, e);
        double[] denseKey = view(dense, 4);
        double[] backbone = random(5, rows, channels);
        double[] backboneKey = view(backbone, 6);
        double[] queue = units(7, 40, d);
        double[] denseQueue = units(8, 50, e);
        int[] match = DenseMatchReference.value(backbone, backboneKey, images, cells, channels);
        int[] same = IntStream.range(0, images).toArray();
        LossAndGradients global = KeyInfoNceReference.queue(q, k, same, queue, d, temperature);
        LossAndGradients local = KeyInfoNceReference.queue(dense, denseKey, match, denseQueue, e, temperature);
        try (Scope scope = Scope.open()) {
            DenseCl.Maps maps = new DenseCl.Maps(
                    tensor(q, images, d),
                    tensor(k, images, d),
                    tensor(dense, rows, e),
                    tensor(denseKey, rows, e),
                    tensor(backbone, rows, channels),
                    tensor(backboneKey, rows, channels),
                    tensor(queue, 40, d),
                    tensor(denseQueue, 50, e));
            DenseCl loss = new DenseCl(temperature, lambda);
            Tensor dGlobal = Tensor.empty(device, images, d).fill(Float.NaN);
            Tensor dDense = Tensor.empty(device, rows, e).fill(Float.NaN);
            DenseCl.Terms terms = loss.valueAndGradient(maps, dGlobal, dDense);
            double expected = (1 - lambda) * global.loss() + lambda * local.loss();
            assertThat(terms.loss()).isCloseTo(expected, within(1e-5 * (1 + expected)));
            assertThat(terms.dense()).isCloseTo(lambda * local.loss(), within(1e-5 * (1 + expected)));
            assertThat(loss.value(maps).loss()).isCloseTo(expected, within(1e-5 * (1 + expected)));
            assertClose(dGlobal, scaled(global.gradients()[0], 1 - lambda), 1e-4);
            assertClose(dDense, scaled(local.gradients()[0], lambda), 1e-4);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertThatThrownBy(() -> new DenseCl(0.2f, 1.5f)).hasMessage("lambda: expected a number from 0 to 1, got 1.5");
        assertThatThrownBy(() -> new DenseCl(-1, 0.5f)).isInstanceOf(IllegalArgumentException.class);
        try (Scope scope = Scope.open()) {
            Tensor global = Tensor.zeros(device, 2, 3);
            Tensor dense = Tensor.zeros(device, 7, 3);
            Tensor queue = Tensor.zeros(device, 4, 3);
            DenseCl.Maps uneven =
                    new DenseCl.Maps(global, global, dense, dense.copy(), dense.copy(), dense.copy(), queue, queue);
            assertThatThrownBy(() -> DenseCl.defaults().value(uneven))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("dense: expected as many cells for each of the 2 images, got 7 rows");
            assertThatThrownBy(() -> DenseCl.defaults().valueAndGradient(uneven, global, dense.copy()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("globalGradient overlaps an input");
            DenseCl.Maps narrow = new DenseCl.Maps(
                    global,
                    global,
                    Tensor.zeros(device, 8, 3),
                    Tensor.zeros(device, 6, 3),
                    Tensor.zeros(device, 8, 3),
                    Tensor.zeros(device, 8, 3),
                    queue,
                    queue);
            assertThatThrownBy(() -> DenseCl.defaults().value(narrow))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("denseKey: expected shape (8, 3), got (6, 3)");
            assertThatThrownBy(() -> DenseCl.matches(dense, dense.copy(), 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("cells: expected a divisor of the 7 rows (below 2^31), got 2");
        }
    }

    private static double[] units(long seed, int n, int d) {
        return Arrays.stream(NormalizeRowsReference.value(random(seed, n, d), n, d, 1e-12))
                .map(x -> (float) x)
                .toArray();
    }

    private static double[] scaled(double[] values, double factor) {
        return Arrays.stream(values).map(x -> x * factor).toArray();
    }
}
