package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.LinearAlgebra;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.backend.Transformers;
import io.gramian.reference.AttentionReference;
import io.gramian.reference.LayerNormReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Layers of transformers on bfloat16 activations: off the float64 truth of the same numbers by what the float32 kernels are, and
 * where bfloat16 is stored by its one rounding; and, as they compute the same, the bits of the float32 kernels, rounded.
 */
class SimtHalfTransformersTest {
    private static final double STORED = 0x1p-8;
    private static final double FLOAT32_SUMS = 1e-6;
    private static final float EPS = 1e-6f;

    private final Device device = DeviceUnderTest.get();

    private static float[] rounded(float[] values) {
        return NaiveProducts.rounded(values, Precision.BFLOAT16);
    }

    private static void check(String what, float[] got, double[] expected, float[] naive, double rounding) {
        assertThat(Truth.error(got, expected))
                .as(what)
                .isLessThanOrEqualTo(2 * Truth.error(naive, expected) + FLOAT32_SUMS + rounding);
    }

    /** The last two are long sums of few entries: cut along k. Rows of 8, 16, 24 numbers are read as they lie. */
    @ParameterizedTest
    @CsvSource({"1,1,1", "2,31,33", "33,129,31", "127,2,257", "128,64,24", "16,8,16", "33,31,700", "4,130,513"})
    void productsAgreeWithTheTruthInEveryTransposition(int m, int n, int k) {
        double[] a = Truth.halves(m + 7L * k, m * k);
        double[] b = Truth.halves(n + 9L * k, n * k);
        float[] x = NaiveProducts.floats(a);
        float[] y = NaiveProducts.floats(b);
        double[] truth = product(a, b, m, n, k);
        float[] naive = NaiveProducts.product(x, y, m, n, k, Precision.FLOAT32);
        for (int way = 0; way < 4; way++) {
            boolean transposeA = way / 2 == 1;
            boolean transposeB = way % 2 == 1;
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, way)) {
                LinearAlgebra algebra = device.backend().linearAlgebra(stream);
                Tensor ta = stored(way % 2, transposeA ? NaiveProducts.transposed(x, m, k) : x, transposeA, m, k);
                Tensor tb = stored(way / 2, transposeB ? y : NaiveProducts.transposed(y, n, k), transposeB, k, n);
                Guarded half = Guarded.half(device, way % 2, m, n);
                Guarded wide = Guarded.of(device, m, n);
                algebra.gemm(transposeA, transposeB, 1, ta, tb, 0, half.tensor());
                algebra.gemm(transposeA, transposeB, 1, ta, tb, 0, wide.tensor());
                check("float32, way " + way, wide.values(), truth, naive, 0);
                check("bfloat16, way " + way, half.values(), truth, naive, STORED);
                if (DeviceUnderTest.isSimt()) { // a library may take another kernel for another result
                    assertThat(half.values()).isEqualTo(rounded(wide.values()));
                }
                if (way > 0) {
                    continue;
                }
                algebra.gemm(false, false, -0.5f, ta, tb, 3, half.tensor());
                float[] both = half.values();
                for (int i = 0; i < both.length; i++) {
                    double expected = -0.5 * truth[i] + 3 * rounded(new float[] {wide.values()[i]})[0];
                    assertThat((double) both[i]).isBetween(expected - off(truth), expected + off(truth));
                }
            }
        }
    }

    /** Of -0.5 x + 3 x: a rounding of 3 x, of x itself, and of the result, of which none is larger than 3 of the largest x. */
    private static double off(double[] truth) {
        double largest = 0;
        for (double value : truth) {
            largest = Math.max(largest, Math.abs(value));
        }
        return 3 * 3 * STORED * largest;
    }

    private Tensor stored(int shift, float[] values, boolean transposed, int rows, int columns) {
        Guarded memory = Guarded.half(device, shift, transposed ? columns : rows, transposed ? rows : columns);
        return memory.tensor().copyFrom(values);
    }

    /** a (m, k) times the transpose of b (n, k). */
    private static double[] product(double[] a, double[] b, int m, int n, int k) {
        double[] c = new double[m * n];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                for (int l = 0; l < k; l++) {
                    c[i * n + j] += a[i * k + l] * b[j * k + l];
                }
            }
        }
        return c;
    }

    /** One rounding of what float32 gives, in place or not; sums are those of float32. */
    @ParameterizedTest
    @CsvSource({"0,5,0", "1,1,1", "3,33,0", "129,64,0", "65,31,1"})
    void biasesSumsAndBranches(int rows, int d, int shift) {
        double[] x = Truth.halves(rows, rows * d);
        double[] more = Truth.gaussian(d, rows * d);
        try (Scope scope = Scope.open()) {
            LinearAlgebra algebra = device.backend().linearAlgebra();
            Tensor wide = Truth.tensor(device, x, rows, d);
            Tensor bias = Truth.tensor(device, Truth.gaussian(7, d), d);
            Tensor expected = Tensor.empty(device, rows, d);
            algebra.addToRows(wide, bias, expected);
            Guarded half = Guarded.half(device, shift, rows, d).with(x);
            Guarded sums = Guarded.of(device, d);
            algebra.columnSums(half.tensor(), sums.tensor());
            Tensor expectedSums = Tensor.empty(device, d);
            algebra.columnSums(wide, expectedSums);
            assertThat(sums.values()).isEqualTo(expectedSums.toFloats());
            Guarded stream = Guarded.shifted(device, shift, rows, d).with(more);
            algebra.add(stream.tensor(), half.tensor(), stream.tensor());
            float[] branch = stream.values();
            for (int i = 0; i < branch.length; i++) {
                assertThat(branch[i]).isEqualTo((float) more[i] + (float) x[i]);
            }
            algebra.addToRows(half.tensor(), bias, half.tensor());
            assertThat(half.values()).isEqualTo(rounded(expected.toFloats()));
        }
    }

    @ParameterizedTest
    @CsvSource({"0,5", "1,1", "2,2", "31,33", "127,129", "129,64", "9,1030", "70,132"})
    void layerNormAgreesWithTheTruth(int rows, int d) {
        double[] x = Truth.gaussian(rows, rows * d);
        double[] gamma = Truth.gaussian(d, d);
        double[] beta = Truth.gaussian(d + 1L, d);
        double[] dy = Truth.halves(rows + 1L, rows * d);
        LayerNormReference truth = new LayerNormReference(rows, d, EPS);
        NaiveLayerNorm naive = new NaiveLayerNorm(x, gamma, beta, dy, EPS);
        List<float[]> first = layerNorm(0, rows, x, gamma, beta, dy);
        check("y", first.get(0), truth.value(x, gamma, beta), naive.y, STORED);
        check("dx", first.get(3), truth.dx(x, gamma, dy), naive.dx, 0);
        check("dgamma", first.get(4), truth.dgamma(x, dy), naive.dgamma, 0);
        check("dbeta", first.get(5), truth.dbeta(dy), naive.dbeta, 0);
        for (int seed = 1; seed < 3; seed++) {
            List<float[]> again = layerNorm(seed, rows, x, gamma, beta, dy);
            for (int i = 0; i < again.size(); i++) {
                assertThat(again.get(i)).as("seed %d, result %d", seed, i).isEqualTo(first.get(i));
            }
        }
    }

    private List<float[]> layerNorm(int seed, int rows, double[] x, double[] gamma, double[] beta, double[] dy) {
        int d = gamma.length;
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, seed)) {
            Transformers kernels = device.backend().transformers(stream);
            Tensor tx = Truth.tensor(device, x, rows, d);
            Tensor tdy = Guarded.half(device, seed, rows, d).with(dy).tensor();
            Tensor factor = Truth.tensor(device, gamma, d);
            Guarded y = Guarded.half(device, seed, rows, d);
            List<Guarded> out = new ArrayList<>(List.of(y));
            for (long[] sizes : new long[][] {{rows}, {rows}, {rows, d}, {d}, {d}}) {
                out.add(Guarded.of(device, sizes));
            }
            Tensor mean = out.get(1).tensor();
            Tensor rstd = out.get(2).tensor();
            kernels.layerNorm(tx, factor, Truth.tensor(device, beta, d), EPS, y.tensor(), mean, rstd);
            Tensor dx = out.get(3).tensor();
            kernels.layerNormBackward(
                    tdy,
                    tx,
                    factor,
                    mean,
                    rstd,
                    dx,
                    out.get(4).tensor(),
                    out.get(5).tensor());
            return out.stream().map(Guarded::values).toList();
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "33,0", "4099,1"})
    void geluIsThatOfFloat32(int count, int shift) {
        double[] x = Truth.halves(1, count);
        double[] dy = Truth.halves(2, count);
        try (Scope scope = Scope.open()) {
            Transformers kernels = device.backend().transformers();
            Tensor wide = Truth.tensor(device, x, count);
            Tensor y = Tensor.empty(device, count);
            Tensor dx = Truth.tensor(device, dy, count);
            kernels.gelu(wide, y);
            kernels.geluBackward(wide, dx, dx);
            Guarded half = Guarded.half(device, shift, count).with(x);
            Guarded slope = Guarded.half(device, 1 - shift, count).with(dy);
            kernels.geluBackward(half.tensor(), slope.tensor(), slope.tensor());
            kernels.gelu(half.tensor(), half.tensor());
            assertThat(slope.values()).isEqualTo(rounded(dx.toFloats()));
            assertThat(half.values()).isEqualTo(rounded(y.toFloats()));
        }
    }

    /** What attention makes of bfloat16, stored as that or as float32. */
    private record Attended(float[] out, float[] logSum, float[] dqkv) {}

    /** Backward, both are given the output as bfloat16 has it. */
    private Attended attend(boolean half, int seed, double[] qkv, double[] dout, int b, int t, int h, int e) {
        float scale = (float) (1 / Math.sqrt(e));
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, seed)) {
            stream.setPrecision(half ? Precision.FLOAT32 : Precision.BFLOAT16);
            Transformers kernels = device.backend().transformers(stream);
            int shift = seed % 2;
            Guarded x = memory(half, shift, b, t, 3, h, e).with(qkv);
            Guarded g = memory(half, shift, b, t, h, e).with(dout);
            Guarded out = memory(half, 1 - shift, b, t, h, e);
            Guarded logSum = Guarded.of(device, b, h, t);
            Guarded dqkv = memory(half, shift, b, t, 3, h, e);
            kernels.attention(x.tensor(), scale, out.tensor(), logSum.tensor());
            float[] values = rounded(out.values());
            out.tensor().copyFrom(values);
            kernels.attentionBackward(x.tensor(), out.tensor(), logSum.tensor(), g.tensor(), scale, dqkv.tensor());
            return new Attended(values, logSum.values(), rounded(dqkv.values()));
        }
    }

    private Guarded memory(boolean half, int shift, long... sizes) {
        return half ? Guarded.half(device, shift, sizes) : Guarded.shifted(device, shift, sizes);
    }

    /** Around the edges of a tile of tokens and of both widths; heads of 8, 64, 128 are read as they lie. */
    @ParameterizedTest
    @CsvSource({"1,1,1,1", "2,2,3,31", "1,65,2,64", "1,33,1,97", "1,129,1,8", "1,66,1,128"})
    void attentionAgreesWithTheTruth(int b, int t, int h, int e) {
        double[] qkv = Truth.halves(t, 3 * b * t * h * e);
        double[] dout = Truth.halves(e, b * t * h * e);
        float scale = (float) (1 / Math.sqrt(e));
        Attended first = attend(true, 2, qkv, dout, b, t, h, e);
        AttentionReference truth = new AttentionReference(b, t, h, e, scale);
        NaiveAttention naive = new NaiveAttention(b, t, h, e, scale, Precision.BFLOAT16);
        double slack = STORED + 2 * SimtMatrixProductTest.slack(Precision.BFLOAT16);
        check("out", first.out(), truth.value(qkv), naive.value(qkv), slack);
        // delta is the sum of e products with a rounded output
        check("gradient", first.dqkv(), truth.gradient(qkv, dout), naive.gradient(qkv, dout), 2 * slack);
        assertThat(Truth.error(first.logSum(), truth.logSum(qkv))).isLessThanOrEqualTo(1e-6);
        Attended shifted = attend(true, 3, qkv, dout, b, t, h, e);
        Attended wide = attend(false, 4, qkv, dout, b, t, h, e);
        for (Attended other : List.of(shifted, wide)) {
            assertThat(other.out()).isEqualTo(first.out());
            assertThat(other.logSum()).isEqualTo(first.logSum());
            assertThat(other.dqkv()).isEqualTo(first.dqkv());
        }
    }

    @Test
    void whatDoesNotFitIsSaid() {
        try (Scope scope = Scope.open()) {
            LinearAlgebra algebra = device.backend().linearAlgebra();
            Tensor half = Truth.half(device, new double[4], 2, 2);
            Tensor wide = Tensor.zeros(device, 2, 2);
            Tensor result = Tensor.zeros(device, 2, 2);
            assertThatThrownBy(() -> algebra.gemm(false, false, 1, half, wide, 0, result))
                    .hasMessage("b: expected BFLOAT16, got FLOAT32 (2, 2)");
            assertThatThrownBy(() -> algebra.gemm(false, false, 1, wide, wide, 0, half))
                    .hasMessage("c: expected FLOAT32, got BFLOAT16 (2, 2)");
            assertThatThrownBy(() -> algebra.add(half, wide, half))
                    .hasMessage("y: expected BFLOAT16, got FLOAT32 (2, 2)");
            Tensor there = Tensor.empty(Device.cpu(), DType.BFLOAT16, 2, 2).copyFrom(half);
            assertThatThrownBy(() -> Device.cpu().backend().transformers().gelu(there, there))
                    .hasMessage("x: expected FLOAT32 on the CPU, got BFLOAT16 (2, 2);"
                            + " activations are BFLOAT16 on CUDA devices only");
        }
    }
}
