package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Contrastive;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.NtXentReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** NT-Xent of the CUDA sources, run by the SIMT executor, against the float64 truth. */
class SimtNtXentTest {
    private final Device device = DeviceUnderTest.get();

    private record Result(double value, double loss, float[] dza, float[] dzb) {}

    private Result run(Precision precision, long seed, double[] za, double[] zb, int n, int d, float temperature) {
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, seed)) {
            stream.setPrecision(precision);
            Contrastive contrastive = device.backend().contrastive(stream);
            Tensor a = Truth.tensor(device, za, n, d);
            Tensor b = Truth.tensor(device, zb, n, d);
            Guarded dza = Guarded.of(device, n, d);
            Guarded dzb = Guarded.of(device, n, d);
            double loss = contrastive
                    .ntXentGradient(a, b, temperature, 1, dza.tensor(), 0, dzb.tensor(), 0)
                    .value();
            return new Result(contrastive.ntXent(a, b, temperature).value(), loss, dza.values(), dzb.values());
        }
    }

    /**
     * Bounds of one case: twice the error of the plain formula in the same precision, and, where that was lucky, a few
     * roundings of float32 or a part of the rounding of an operand, which the temperature multiplies.
     */
    private record Bounds(double loss, double gradient) {
        static Bounds of(Precision precision, double[] za, double[] zb, int n, int d, float temperature) {
            double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
            double[] all = both(dz[0], dz[1]);
            double loss = NtXentReference.value(za, zb, n, d, temperature);
            NaiveContrast naive = new NaiveContrast(
                    new double[][] {za, zb}, d, true, 1, precision, NaiveCriteria.ntXent(n, temperature));
            double least = (1 + 0.1 / temperature)
                    * switch (precision) {
                        case FLOAT32 -> 2e-7;
                        case TF32 -> 0x1p-12;
                        case BFLOAT16 -> 0x1p-9;
                    };
            return new Bounds(
                    2 * Math.abs(naive.loss - loss) + least * (1 + loss), 2 * Truth.error(naive.dz, all) + 2 * least);
        }
    }

    private static double[] both(double[] first, double[] second) {
        return DoubleStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
    }

    private static float[] both(float[] first, float[] second) {
        float[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    @ParameterizedTest
    @CsvSource({
        "1,3,0.5",
        "2,2,0.5",
        "31,33,0.1",
        "33,127,0.5",
        "64,64,0.07",
        "127,129,0.1",
        "129,31,0.2",
        "257,128,0.5",
        "31,257,0.2"
    })
    void agreesWithTheTruth(int n, int d, float temperature) {
        double[] za = Truth.gaussian(n, n * d);
        double[] zb = Truth.gaussian(n + 1, n * d);
        for (int k = 0; k < za.length; k++) {
            zb[k] = (float) (za[k] + 0.5 * zb[k]);
        }
        double loss = NtXentReference.value(za, zb, n, d, temperature);
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        for (Precision precision : Precision.values()) {
            Result result = run(precision, 1, za, zb, n, d, temperature);
            Bounds bounds = Bounds.of(precision, za, zb, n, d, temperature);
            assertThat(result.loss()).as("%s loss", precision).isCloseTo(loss, within(bounds.loss()));
            assertThat(result.value()).as("%s value", precision).isEqualTo(result.loss());
            assertThat(Truth.error(both(result.dza(), result.dzb()), both(dz[0], dz[1])))
                    .as("%s gradient", precision)
                    .isLessThanOrEqualTo(bounds.gradient());
        }
    }

    /** The table of docs/cuda.md: gradients at the temperatures and the width that people train with. */
    @ParameterizedTest
    @CsvSource({"0.1,0.5", "0.2,0.5", "0.5,0.5", "0.1,10", "0.5,10"})
    void gradientsKeepThePrecisionThatIsPromised(float temperature, double noise) {
        int n = 96;
        int d = 128;
        double[] za = Truth.gaussian(11, n * d);
        double[] zb = Truth.gaussian(12, n * d);
        for (int k = 0; k < za.length; k++) {
            zb[k] = (float) (za[k] + noise * zb[k]);
        }
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        for (Precision precision : List.of(Precision.TF32, Precision.BFLOAT16)) {
            Result result = run(precision, 1, za, zb, n, d, temperature);
            double most = precision == Precision.TF32 ? 1e-3 : 5e-3;
            double worst = Math.max(Truth.error(result.dza(), dz[0]), Truth.error(result.dzb(), dz[1]));
            assertThat(worst).as("%s", precision).isLessThanOrEqualTo(most);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,4,0.001", "17,5,0.02", "129,16,0.01", "40,65,0.0229"})
    void lowTemperaturesShiftEachRowByItsMaximum(int n, int d, float temperature) {
        double[] za = Truth.gaussian(n, n * d);
        double[] zb = Truth.gaussian(n + 1, n * d);
        double loss = NtXentReference.value(za, zb, n, d, temperature);
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        Result result = run(Precision.FLOAT32, 1, za, zb, n, d, temperature);
        assertThat(result.loss()).isCloseTo(loss, within(2e-6 * (1 + 0.1 / temperature) * (1 + loss)));
        assertThat(Truth.error(result.dza(), dz[0])).isLessThanOrEqualTo(1e-5 * (1 + 0.1 / temperature));
        assertThat(Truth.error(result.dzb(), dz[1])).isLessThanOrEqualTo(1e-5 * (1 + 0.1 / temperature));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        int n = 70;
        int d = 40;
        double[] za = Truth.gaussian(3, n * d);
        double[] zb = Truth.gaussian(4, n * d);
        Result first = run(precision, 0, za, zb, n, d, 0.2f);
        for (long seed : new long[] {0, 1, 2, 3, 1L << 40}) {
            Result again = run(precision, seed, za, zb, n, d, 0.2f);
            assertThat(again.loss()).as("seed %d", seed).isEqualTo(first.loss());
            assertThat(again.dza()).as("seed %d", seed).isEqualTo(first.dza());
            assertThat(again.dzb()).as("seed %d", seed).isEqualTo(first.dzb());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void nearlyPerfectPairsKeepTheirDigits(Precision precision) {
        int n = 40;
        int d = 3;
        float temperature = 0.05f;
        double[] za = Truth.gaussian(5, n * d);
        double[] zb = new double[n * d];
        for (int k = 0; k < zb.length; k++) {
            zb[k] = (float) (za[k] * (1 + 1e-3 * (k % 3)));
        }
        double loss = NtXentReference.value(za, zb, n, d, temperature);
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        Result result = run(precision, 1, za, zb, n, d, temperature);
        double operand = precision == Precision.FLOAT32 ? 1e-6 : precision == Precision.TF32 ? 1e-3 : 8e-3;
        assertThat(result.loss()).isCloseTo(loss, within(operand / temperature * (1 + loss)));
        assertThat(Truth.error(result.dza(), dz[0])).isLessThanOrEqualTo(operand / temperature);
    }

    @ParameterizedTest
    @CsvSource({"NaN,0.2", "Infinity,0.2", "NaN,0.01"})
    void whatIsNoNumberIsNotHidden(float bad, float temperature) {
        double[] za = Truth.gaussian(8, 40);
        za[17] = bad;
        Result result = run(Precision.FLOAT32, 1, za, Truth.gaussian(9, 40), 10, 4, temperature);
        assertThat(result.loss()).isNaN();
        assertThat(result.dza()).containsOnly(Float.NaN);
    }

    @Test
    void noImageOneImageAndAZeroRow() {
        assertThat(run(Precision.TF32, 1, new double[0], new double[0], 0, 4, 0.5f)
                        .loss())
                .isEqualTo(0);
        Result one = run(Precision.FLOAT32, 1, Truth.gaussian(1, 4), Truth.gaussian(2, 4), 1, 4, 0.001f);
        assertThat(one.loss()).isEqualTo(0);
        assertThat(one.dza()).containsOnly(0f);
        double[] za = Truth.gaussian(8, 20);
        Arrays.fill(za, 8, 12, 0);
        Result zero = run(Precision.FLOAT32, 1, za, Truth.gaussian(9, 20), 5, 4, 0.2f);
        double[][] dz = NtXentReference.gradient(za, Truth.gaussian(9, 20), 5, 4, 0.2f);
        assertThat(Arrays.copyOfRange(zero.dza(), 8, 12)).containsOnly(0f);
        assertThat(Truth.error(zero.dzb(), dz[1])).isLessThanOrEqualTo(1e-5);
    }

    @Test
    void weightAndBetaMixWithTheOldContent() {
        double[] za = Truth.gaussian(1, 35);
        double[] zb = Truth.gaussian(2, 35);
        Result plain = run(Precision.FLOAT32, 1, za, zb, 7, 5, 0.5f);
        try (Scope scope = Scope.open()) {
            Tensor dza = Tensor.empty(device, 7, 5).fill(4);
            Tensor dzb = Tensor.empty(device, 7, 5).fill(Float.NaN);
            Tensor a = Truth.tensor(device, za, 7, 5);
            Tensor b = Truth.tensor(device, zb, 7, 5);
            device.backend()
                    .contrastive()
                    .ntXentGradient(a, b, 0.5f, 3, dza, 0.5f, dzb, 0)
                    .value();
            for (int k = 0; k < 35; k++) {
                assertThat(dza.toFloats()[k]).isCloseTo(3 * plain.dza()[k] + 2, within(1e-6f));
                assertThat(dzb.toFloats()[k]).isCloseTo(3 * plain.dzb()[k], within(1e-6f));
            }
        }
    }
}
