package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.LinearAlgebra.Strided;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearAlgebraTest {
    private final Device device = Device.cpu();
    private final LinearAlgebra algebra = device.backend().linearAlgebra();

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,3,4", "127,31,33", "129,513,17", "257,520,64", "5,1,0", "0,3,2"})
    void productAgreesWithTheTruth(int m, int n, int k) {
        Random random = new Random(m + n + k);
        double[] a = Arrays64.random(random, m * k);
        double[] b = Arrays64.random(random, k * n);
        double[] before = Arrays64.random(random, m * n);
        for (int form = 0; form < 4; form++) {
            boolean ta = form % 2 == 1;
            boolean tb = form / 2 == 1;
            double[] expected = new double[m * n];
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int l = 0; l < k; l++) {
                        sum += (ta ? a[l * m + i] : a[i * k + l]) * (tb ? b[j * k + l] : b[l * n + j]);
                    }
                    expected[i * n + j] = 0.5 * sum + 2 * before[i * n + j];
                }
            }
            try (Scope scope = Scope.open()) {
                Tensor c = Arrays64.tensor(before, m, n);
                algebra.gemm(
                        ta,
                        tb,
                        0.5f,
                        ta ? Arrays64.tensor(a, k, m) : Arrays64.tensor(a, m, k),
                        tb ? Arrays64.tensor(b, n, k) : Arrays64.tensor(b, k, n),
                        2,
                        c);
                Arrays64.assertClose("c", c, expected, 1e-7 * k + 1e-6);
            }
        }
    }

    @Test
    void betaZeroOnlyWrites() {
        try (Scope scope = Scope.open()) {
            Tensor c = Tensor.empty(device, 1, 1).fill(Float.NaN);
            algebra.gemm(
                    false,
                    false,
                    1,
                    Tensor.of(device, new float[] {2}, 1, 1),
                    Tensor.of(device, new float[] {3}, 1, 1),
                    0,
                    c);
            assertThat(c.item()).isEqualTo(6);
        }
    }

    @Test
    void sumsOfRowsAndColumns() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            algebra.addToRows(x, Tensor.of(device, new float[] {10, 20, 30}, 3), x);
            assertThat(x.toFloats()).containsExactly(11, 22, 33, 14, 25, 36);
            Tensor sums = Tensor.empty(device, 3);
            algebra.columnSums(x, sums);
            assertThat(sums.toFloats()).containsExactly(25, 47, 69);
            algebra.add(x, x, x);
            algebra.scale(0.5f, x, x);
            assertThat(x.toFloats()).containsExactly(11, 22, 33, 14, 25, 36);
        }
    }

    @Test
    void rowsGoToTheirPlaces() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
            Tensor y = Tensor.zeros(device, 2, 4);
            algebra.copyRows(new Strided(x, 1, 3), new Strided(y, 2, 4), 2, 2);
            assertThat(y.toFloats()).containsExactly(0, 0, 2, 3, 0, 0, 5, 6);
            algebra.copyRows(new Strided(x, 5, 0), new Strided(y, 0, 4), 2, 1); // the same row again
            assertThat(y.toFloats()).containsExactly(6, 0, 2, 3, 6, 0, 5, 6);
            assertThatThrownBy(() -> algebra.copyRows(new Strided(x, 2, 3), new Strided(y, 0, 4), 2, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("from: expected 2 rows of 2 numbers inside (2, 3), got the first at 2 and each 3 behind"
                            + " the last");
            // 4 strides of 2^62 are 0 in 64 bits
            assertThatThrownBy(() -> algebra.copyRows(new Strided(x, 0, 1L << 62), new Strided(y, 0, 1), 5, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("from: expected 5 rows of 1 numbers inside (2, 3)");
            assertThatThrownBy(() -> algebra.copyRows(new Strided(x, 0, 3), new Strided(y, Long.MAX_VALUE, 4), 2, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("to: expected 2 rows of 2 numbers inside (2, 4)");
            assertThatThrownBy(() -> algebra.copyRows(new Strided(x, 0, 3), new Strided(y, 0, 1), 2, 2))
                    .hasMessage("stride of to: expected at least 2, got 1");
        }
    }

    @Test
    void rowsChangePlaces() {
        try (Scope scope = Scope.open();
                Permutations order = new Permutations(device, 2, 3, new int[] {0, 1, 2, 2, 0, 1})) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6}, 3, 1, 2);
            Tensor y = Tensor.zeros(device, 3, 1, 2);
            algebra.permuteRows(order, 1, false, x, y);
            assertThat(y.toFloats()).containsExactly(5, 6, 1, 2, 3, 4);
            algebra.permuteRows(order, 1, true, x, y);
            assertThat(y.toFloats()).containsExactly(3, 4, 5, 6, 1, 2);
            algebra.permuteRows(order, 0, false, x, y);
            assertThat(y.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
            order.set(new int[] {1, 0, 2, 0, 1, 2});
            algebra.permuteRows(order, 0, false, x, y);
            assertThat(y.toFloats()).containsExactly(3, 4, 1, 2, 5, 6);
            assertThatThrownBy(() -> algebra.permuteRows(order, 0, false, x.rows(0, 2), y.rows(0, 2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("order: expected permutations of the 2 rows, got some of 3");
            assertThatThrownBy(() -> algebra.permuteRows(order, 0, false, x, x))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("to overlaps from: expected separate memory; give to a tensor of its own");
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Scope scope = Scope.open()) {
            Tensor a = Tensor.zeros(device, 2, 3);
            assertThatThrownBy(() -> algebra.gemm(false, false, 1, a, a, 0, Tensor.zeros(device, 2, 3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("gemm: expected inner sizes to agree, got a (2, 3) and b (2, 3)");
            assertThatThrownBy(() -> algebra.gemm(false, true, 1, a, a, 0, a.reshape(3, 2)))
                    .hasMessage("c: expected shape (2, 2), got (3, 2)");
            Tensor square = Tensor.zeros(device, 2, 2);
            assertThatThrownBy(() -> algebra.gemm(false, false, 1, square, square, 0, square))
                    .hasMessageContaining("c overlaps a");
        }
    }
}
