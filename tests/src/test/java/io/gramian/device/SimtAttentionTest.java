package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.backend.Transformers;
import io.gramian.reference.AttentionReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Attention by the CUDA sources on the SIMT executor against the float64 truth: off by at most twice what plain loops of the
 * precision are, and the slack of a lucky plain loop.
 */
class SimtAttentionTest {
    private final Device device = DeviceUnderTest.get();

    private record Result(float[] out, float[] logSum, float[] dqkv) {}

    private Result run(Precision precision, long seed, double[] qkv, double[] dout, int b, int t, int h, float scale) {
        int e = b * t * h == 0 ? 4 : qkv.length / (3 * b * t * h);
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, seed)) {
            stream.setPrecision(precision);
            Transformers kernels = device.backend().transformers(stream);
            // views that do not begin at 16 bytes, as often as such that do
            int shift = (int) (seed % 2);
            Tensor x = Guarded.shifted(device, shift, b, t, 3, h, e).with(qkv).tensor();
            Tensor g = Guarded.shifted(device, shift, b, t, h, e).with(dout).tensor();
            Guarded out = Guarded.of(device, b, t, h, e);
            Guarded logSum = Guarded.of(device, b, h, t);
            Guarded dqkv = Guarded.shifted(device, shift, b, t, 3, h, e);
            kernels.attention(x, scale, out.tensor(), logSum.tensor());
            kernels.attentionBackward(x, out.tensor(), logSum.tensor(), g, scale, dqkv.tensor());
            return new Result(out.values(), logSum.values(), dqkv.values());
        }
    }

    /** Around the edges of a tile (64 tokens), of a chunk (32 or 64 numbers) and of both widths (64 and 128). */
    @ParameterizedTest
    @CsvSource({"1,1,1,1", "2,2,3,31", "1,31,2,64", "1,33,1,97", "2,65,1,33", "1,129,1,2", "1,127,1,65", "1,66,2,128"})
    void agreesWithTheTruth(int b, int t, int h, int e) {
        double[] qkv = Truth.gaussian(t, 3 * b * t * h * e);
        double[] dout = Truth.gaussian(e, b * t * h * e);
        float scale = (float) (1 / Math.sqrt(e));
        AttentionReference truth = new AttentionReference(b, t, h, e, scale);
        for (Precision precision : Precision.values()) {
            NaiveAttention naive = new NaiveAttention(b, t, h, e, scale, precision);
            Result result = run(precision, t + precision.ordinal(), qkv, dout, b, t, h, scale);
            double slack = 2 * SimtMatrixProductTest.slack(precision);
            check(precision + " out", result.out(), truth.value(qkv), naive.value(qkv), slack);
            check(precision + " gradient", result.dqkv(), truth.gradient(qkv, dout), naive.gradient(qkv, dout), slack);
            // scores in float32 or of rounded operands, their sum relative to the largest in float32
            assertThat(Truth.error(result.logSum(), truth.logSum(qkv)))
                    .as("%s log sums", precision)
                    .isLessThanOrEqualTo(8 * slack);
        }
    }

    private static void check(String what, float[] actual, double[] expected, float[] naive, double slack) {
        assertThat(Truth.error(actual, expected))
                .as(what)
                .isLessThanOrEqualTo(2 * Truth.error(naive, expected) + slack);
    }

    /** Of one token, the output is its value, and nothing depends on queries and keys. */
    @Test
    void oneTokenAttendsToItself() {
        double[] qkv = {5, -3, 2, 7, 0.5, -1};
        Result result = run(Precision.FLOAT32, 1, qkv, new double[] {2, 3}, 1, 1, 1, 1);
        assertThat(result.out()).containsExactly(0.5f, -1);
        assertThat(result.logSum()[0]).isCloseTo(5 * 2 - 3 * 7, within(2e-6f));
        assertThat(result.dqkv()).usingComparatorWithPrecision(1e-5f).containsExactly(0, 0, 0, 0, 2, 3);
    }

    /** Keys that are all alike give the mean of the values. */
    @Test
    void equalKeysAverageTheValues() {
        double[] qkv = new double[3 * 70];
        double mean = 0;
        for (int i = 0; i < 70; i++) {
            qkv[3 * i] = i;
            qkv[3 * i + 1] = 2;
            qkv[3 * i + 2] = i % 7;
            mean += i % 7 / 70.0;
        }
        Result result = run(Precision.FLOAT32, 2, qkv, new double[70], 1, 70, 1, 1);
        for (float value : result.out()) {
            assertThat((double) value).isBetween(mean - 1e-6, mean + 1e-6);
        }
        for (float gradient : result.dqkv()) {
            assertThat(Math.abs(gradient)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        double[] qkv = Truth.gaussian(1, 3 * 70 * 2 * 24);
        double[] dout = Truth.gaussian(2, 70 * 2 * 24);
        Result first = run(precision, 0, qkv, dout, 1, 70, 2, 0.2f);
        for (long seed : new long[] {0, 1, 78}) {
            Result again = run(precision, seed, qkv, dout, 1, 70, 2, 0.2f);
            assertThat(again.out()).as("seed %d", seed).isEqualTo(first.out());
            assertThat(again.logSum()).as("seed %d", seed).isEqualTo(first.logSum());
            assertThat(again.dqkv()).as("seed %d", seed).isEqualTo(first.dqkv());
        }
    }

    /** Scores of some thousands: nothing overflows, the largest one wins. */
    @Test
    void largeScoresStayNumbers() {
        int t = 67;
        double[] qkv = Truth.gaussian(3, 3 * t * 8);
        float scale = 400;
        AttentionReference truth = new AttentionReference(1, t, 1, 8, scale);
        double[] dout = Truth.gaussian(4, t * 8);
        Result result = run(Precision.FLOAT32, 1, qkv, dout, 1, t, 1, scale);
        // a score of 8000 is off by 5e-4 in float32, and its weight by as much
        assertThat(Truth.error(result.out(), truth.value(qkv))).isLessThanOrEqualTo(5e-3);
        assertThat(Truth.error(result.logSum(), truth.logSum(qkv))).isLessThanOrEqualTo(1e-6);
        assertThat(result.dqkv()).doesNotContain(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
    }

    /** NaN in a query stays in its row; in a key or value it reaches all rows of its head, and no other. */
    @Test
    void nanGoesWhereItCounts() {
        int t = 66;
        for (int part = 0; part < 3; part++) {
            double[] qkv = Truth.gaussian(5, 3 * t * 2 * 4);
            qkv[((65 * 3 + part) * 2 + 1) * 4 + 2] = Double.NaN;
            float[] out = run(Precision.BFLOAT16, 1, qkv, new double[t * 2 * 4], 1, t, 2, 0.5f)
                    .out();
            for (int k = 0; k < out.length; k++) {
                boolean head = k / 4 % 2 == 1;
                boolean row = part > 0 || k / 8 == 65;
                boolean column = part < 2 || k % 4 == 2;
                assertThat(Float.isNaN(out[k]))
                        .as("part %d, element %d", part, k)
                        .isEqualTo(head && row && column);
            }
        }
    }

    @Test
    void nothingToAttendTo() {
        assertThat(run(Precision.TF32, 1, new double[0], new double[0], 0, 5, 2, 1)
                        .out())
                .isEmpty();
        assertThat(run(Precision.FLOAT32, 1, new double[0], new double[0], 2, 0, 2, 1)
                        .dqkv())
                .isEmpty();
    }

    @Test
    void wideHeadsAreRefused() {
        double[] qkv = new double[3 * 129];
        assertThatThrownBy(() -> run(Precision.FLOAT32, 1, qkv, new double[129], 1, 1, 1, 1))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected heads of at most 128 numbers, got 129");
    }
}
