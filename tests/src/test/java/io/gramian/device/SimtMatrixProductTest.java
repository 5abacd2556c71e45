package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GradientCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Linear;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The matrix product of the CUDA sources on the SIMT executor against float64 sums: off by at most twice what plain loops of the
 * precision are, and the slack of a lucky plain loop.
 */
class SimtMatrixProductTest {
    private final Device device = DeviceUnderTest.get();

    /** Half a rounding of an operand, relative to the largest entry; a few roundings of the sum in float32. */
    static double slack(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> 1e-6;
            case TF32 -> 0x1p-12;
            case BFLOAT16 -> 0x1p-9;
        };
    }

    /** The last four are long sums of few entries: cut along k, with parts of unequal length. */
    @ParameterizedTest
    @CsvSource({
        "1,1,1",
        "2,31,33",
        "31,2,127",
        "33,129,31",
        "129,33,2",
        "127,1,257",
        "257,127,5",
        "128,128,64",
        "3,4,1025",
        "33,31,700",
        "130,5,513",
        "4,130,513"
    })
    void agreesWithTheTruthInEveryTransposition(int m, int n, int k) {
        double[] a = Truth.gaussian(m + 7L * k, m * k);
        double[] b = Truth.gaussian(n + 9L * k, k * n);
        double[] truth = product(a, b, m, n, k);
        for (Precision precision : Precision.values()) {
            float[] naive = NaiveProducts.product(
                    NaiveProducts.floats(a),
                    NaiveProducts.transposed(NaiveProducts.floats(b), k, n),
                    m,
                    n,
                    k,
                    precision);
            double bound = 2 * Truth.error(naive, truth) + slack(precision);
            for (int way = 0; way < 4; way++) {
                boolean transposeA = way / 2 == 1;
                boolean transposeB = way % 2 == 1;
                try (Scope scope = Scope.open();
                        Stream stream = DeviceUnderTest.stream(device, m)) {
                    stream.setPrecision(precision);
                    Guarded c = Guarded.of(device, m, n);
                    Tensor ta = matrix(a, m, k, transposeA);
                    Tensor tb = matrix(b, k, n, transposeB);
                    device.backend().linearAlgebra(stream).gemm(transposeA, transposeB, 1, ta, tb, 0, c.tensor());
                    assertThat(Truth.error(c.values(), truth))
                            .as("%s, a transposed %s, b transposed %s", precision, transposeA, transposeB)
                            .isLessThanOrEqualTo(bound);
                }
            }
        }
    }

    /** In one pass, and cut along k, where the factors come with the sum of the parts. */
    @ParameterizedTest
    @CsvSource({"5,3,7", "5,3,2000"})
    void scalesAndAdds(int m, int n, int k) {
        double[] a = Truth.gaussian(1, m * k);
        double[] b = Truth.gaussian(2, k * n);
        double[] c = Truth.gaussian(3, m * n);
        double[] expected = product(a, b, m, n, k);
        for (int i = 0; i < expected.length; i++) {
            expected[i] = -0.5 * expected[i] + 3 * c[i];
        }
        try (Scope scope = Scope.open()) {
            Tensor tc = Truth.tensor(device, c, m, n);
            device.backend()
                    .linearAlgebra()
                    .gemm(false, false, -0.5f, matrix(a, m, k, false), matrix(b, k, n, false), 3, tc);
            assertThat(Truth.error(tc.toFloats(), expected)).isLessThanOrEqualTo(2e-6);
        }
    }

    /** As BLAS has it: beta 0 does not read c, alpha 0 neither a nor b; without a k only beta c is left. */
    @Test
    void zeroFactorsReadNothing() {
        try (Scope scope = Scope.open()) {
            Tensor nothing = Tensor.empty(device, 2, 2).fill(Float.NaN);
            Tensor ones = Tensor.empty(device, 2, 2).fill(1);
            Tensor c = Tensor.empty(device, 2, 2).fill(Float.NaN);
            device.backend().linearAlgebra().gemm(false, true, 1, ones, ones, 0, c);
            assertThat(c.toFloats()).containsOnly(2);
            device.backend().linearAlgebra().gemm(false, true, 0, nothing, nothing, 2, c);
            assertThat(c.toFloats()).containsOnly(4);
            Tensor empty = Tensor.empty(device, 2, 0);
            device.backend().linearAlgebra().gemm(false, true, 1, empty, empty, 0.5f, c);
            assertThat(c.toFloats()).containsOnly(2);
            device.backend().linearAlgebra().gemm(true, false, 1, empty, empty, 0, Tensor.empty(device, 0, 0));
            device.backend().linearAlgebra().gemm(false, false, 1, ones, nothing, 0, c);
            assertThat(c.toFloats()).containsOnly(Float.NaN);
        }
    }

    /** Rows that begin anywhere: a view into a tensor need not be aligned for copies of 16 bytes. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void takesUnalignedViews(Precision precision) {
        double[] a = Truth.gaussian(1, 1 + 9 * 8);
        double[] b = Truth.gaussian(2, 1 + 8 * 12);
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, 1)) {
            stream.setPrecision(precision);
            Tensor x = Truth.tensor(device, a, a.length).rows(1, a.length).reshape(9, 8);
            Tensor y = Truth.tensor(device, b, b.length).rows(1, b.length).reshape(8, 12);
            Guarded c = Guarded.of(device, 9, 12);
            device.backend().linearAlgebra(stream).gemm(false, false, 1, x, y, 0, c.tensor());
            double[] truth = product(Arrays.copyOfRange(a, 1, a.length), Arrays.copyOfRange(b, 1, b.length), 9, 12, 8);
            // two operands off by a rounding each, in sums of eight products
            assertThat(Truth.error(c.values(), truth)).isLessThanOrEqualTo(8 * slack(precision));
        }
    }

    /** A product cut along k, and one of several tiles, with both forms of the main loop. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        float[] cut = null;
        float[] tiles = null;
        for (long seed : new long[] {0, 1, 77}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                stream.setPrecision(precision);
                Tensor a = Truth.tensor(device, Truth.gaussian(1, 900 * 20), 900, 20);
                Tensor b = Truth.tensor(device, Truth.gaussian(2, 150 * 20), 150, 20);
                Tensor square = Tensor.empty(device, 20, 20);
                Tensor wide = Tensor.empty(device, 900, 150);
                device.backend().linearAlgebra(stream).gemm(true, false, 1, a, a, 0, square);
                device.backend().linearAlgebra(stream).gemm(false, true, 1, a, b, 0, wide);
                cut = cut == null ? square.toFloats() : cut;
                tiles = tiles == null ? wide.toFloats() : tiles;
                assertThat(square.toFloats()).as("seed %d", seed).isEqualTo(cut);
                assertThat(wide.toFloats()).as("seed %d", seed).isEqualTo(tiles);
            }
        }
    }

    @Test
    void denseLayersOfAutogradHaveTheRightGradients() {
        Variable x = Variable.parameter(Truth.tensor(device, Truth.gaussian(1, 5 * 7), 5, 7));
        Variable w = Variable.parameter(Truth.tensor(device, Truth.gaussian(2, 3 * 7), 3, 7));
        GradientCheck.defaults().check(() -> Linear.apply(x, w, null), Map.of("x", x, "w", w));
        x.close();
        w.close();
    }

    /** (rows, columns) or its transpose. */
    private Tensor matrix(double[] x, int rows, int columns, boolean transposed) {
        float[] floats = NaiveProducts.floats(x);
        return transposed
                ? Tensor.of(device, NaiveProducts.transposed(floats, rows, columns), columns, rows)
                : Tensor.of(device, floats, rows, columns);
    }

    /** a (m, k) times b (k, n) in float64. */
    private static double[] product(double[] a, double[] b, int m, int n, int k) {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int l = 0; l < k; l++) {
                for (int j = 0; j < n; j++) {
                    c[i * n + j] += a[i * k + l] * b[l * n + j];
                }
            }
        }
        return c;
    }
}
