package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Decorrelation;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.OffDiagonalAbsoluteReference;
import io.gramian.reference.OffDiagonalExponentialReference;
import io.gramian.reference.StandardizeColumnsReference;
import io.gramian.reference.VicRegExpReference;
import io.gramian.reference.VicRegReference;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Penalties that are no sums of squares, VICReg-exp and VICReg-ctr: the CUDA sources on the SIMT executor against the truth,
 * off by at most twice what an honest program of the precision is, and a few roundings of float32.
 */
class SimtDecorrelationTest {
    private static final double FLOAT32_SLACK = 5e-7;

    private final Device device = DeviceUnderTest.get();

    @ParameterizedTest
    @CsvSource({"0,3", "1,1", "2,31", "31,2", "33,129", "127,33", "129,65"})
    void absoluteAgreesWithTheTruth(int n, int d) {
        double[] z = Truth.gaussian(n + 7L * d, n * d);
        double value = OffDiagonalAbsoluteReference.value(z, n, d, 3);
        double[] gradient = OffDiagonalAbsoluteReference.gradient(z, n, d, 3);
        for (Precision precision : Precision.values()) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, n)) {
                stream.setPrecision(precision); // which this penalty ignores
                Decorrelation room = device.backend().decorrelation(stream);
                Guarded dz = Guarded.of(device, n, d);
                Tensor input = Truth.tensor(device, z, n, d);
                double got = room.absolute(input, 3, dz.tensor()).value();
                assertThat(got).isCloseTo(value, within(1e-6 * (1 + value)));
                assertThat(Truth.error(dz.values(), gradient)).isLessThanOrEqualTo(2e-6);
                assertThat(room.absolute(input, 3, null).value()).isEqualTo(got);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"0,3,1", "1,2,1", "2,31,0.5", "31,2,1", "33,129,0.1", "127,33,0.05", "129,65,1"})
    void exponentialAgreesWithTheTruth(int n, int d, float tau) {
        double[] z = Truth.gaussian(n + 11L * d, n * d);
        float scale = n + 1;
        double divisor = (double) scale * tau;
        double value = OffDiagonalExponentialReference.value(z, n, d, scale, tau);
        double[] gradient = OffDiagonalExponentialReference.gradient(z, n, d, scale, tau);
        for (Precision precision : Precision.values()) {
            float[] columns = NaiveProducts.transposed(NaiveProducts.floats(z), n, d);
            NaiveLogSumExp naive = new NaiveLogSumExp(columns, d, n, divisor, precision);
            double error = Truth.error(NaiveProducts.transposed(naive.gradient, d, n), gradient);
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, n)) {
                stream.setPrecision(precision);
                Decorrelation room = device.backend().decorrelation(stream);
                Guarded dz = Guarded.of(device, n, d);
                Tensor input = Truth.tensor(device, z, n, d);
                double got = room.exponential(input, scale, tau, dz.tensor()).value();
                assertThat(got)
                        .as(precision.name())
                        .isCloseTo(
                                value,
                                within(2 * Math.abs(naive.value - value) + FLOAT32_SLACK * (d + Math.abs(value))));
                assertThat(Truth.error(dz.values(), gradient))
                        .as(precision.name())
                        .isLessThanOrEqualTo(2 * error + FLOAT32_SLACK);
                assertThat(room.exponential(input, scale, tau, null).value()).isEqualTo(got);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2,2,1", "31,33,0.2", "33,127,0.1", "129,31,1", "65,129,0.05"})
    void vicRegExpAndCtrAgreeWithTheTruth(int n, int d, float tau) {
        double[][] z = {Truth.gaussian(n + 3L * d, n * d), Truth.gaussian(n + 5L * d, n * d)};
        VicRegReference.Settings settings = new VicRegReference.Settings(25, 25, 1, 1e-4f, 1.25, 0.5);
        for (boolean ctr : new boolean[] {false, true}) {
            VicRegReference.Result truth = ctr
                    ? VicRegExpReference.ctr(z[0], z[1], n, d, settings, tau)
                    : VicRegExpReference.exp(z[0], z[1], n, d, settings, tau);
            for (Precision precision : Precision.values()) {
                String what = precision + (ctr ? " ctr" : " exp");
                double naive = naiveCovariance(z, n, d, tau, ctr, precision);
                double errorX = naiveError(z[0], truth.dx(), n, d, tau, ctr, precision);
                double errorY = naiveError(z[1], truth.dy(), n, d, tau, ctr, precision);
                try (Scope scope = Scope.open();
                        Stream stream = DeviceUnderTest.stream(device, n)) {
                    stream.setPrecision(precision);
                    Guarded dx = Guarded.of(device, n, d);
                    Guarded dy = Guarded.of(device, n, d);
                    double[] terms = run(stream, ctr, z, n, d, tau, dx.tensor(), dy.tensor());
                    assertThat(terms[0]).as(what).isCloseTo(truth.invariance(), within(1e-6));
                    assertThat(terms[1]).as(what).isCloseTo(truth.variance(), within(1e-6));
                    assertThat(terms[2])
                            .as(what)
                            .isCloseTo(
                                    truth.covariance(),
                                    within(2 * Math.abs(naive - truth.covariance())
                                            + FLOAT32_SLACK * (1 + Math.abs(truth.covariance()))));
                    assertThat(Truth.error(dx.values(), truth.dx()))
                            .as(what)
                            .isLessThanOrEqualTo(2 * errorX + FLOAT32_SLACK);
                    assertThat(Truth.error(dy.values(), truth.dy()))
                            .as(what)
                            .isLessThanOrEqualTo(2 * errorY + FLOAT32_SLACK);
                    assertThat(run(stream, ctr, z, n, d, tau, null, null))
                            .as(what)
                            .isEqualTo(terms);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        double[][] z = {Truth.gaussian(1, 40 * 70), Truth.gaussian(2, 40 * 70)};
        float[] first = null;
        for (long seed : new long[] {0, 1, 2, 77}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                stream.setPrecision(precision);
                Tensor dx = Tensor.empty(device, 40, 70);
                Tensor dy = Tensor.empty(device, 40, 70);
                Tensor da = Tensor.empty(device, 40, 70);
                run(stream, seed < 2, z, 40, 70, 0.5f, dx, dy);
                run(stream, false, z, 40, 70, 0.5f, dx, dy);
                device.backend()
                        .decorrelation(stream)
                        .absolute(Truth.tensor(device, z[0], 40, 70), 2, da)
                        .value();
                float[] got = Arrays.copyOf(dy.toFloats(), 2 * 40 * 70);
                System.arraycopy(da.toFloats(), 0, got, 40 * 70, 40 * 70);
                first = first == null ? got : first;
                assertThat(got).as("seed %d", seed).isEqualTo(first);
            }
        }
    }

    @Test
    void notANumberComesOut() {
        double[] z = Truth.gaussian(1, 33 * 5);
        z[7] = Double.NaN;
        try (Scope scope = Scope.open()) {
            Tensor input = Truth.tensor(device, z, 33, 5);
            Guarded dz = Guarded.of(device, 33, 5);
            assertThat(device.backend()
                            .decorrelation()
                            .absolute(input, 1, dz.tensor())
                            .value())
                    .isNaN();
            assertThat(dz.values()[0]).isNaN();
            assertThat(device.backend()
                            .decorrelation()
                            .exponential(input, 1, 1, dz.tensor())
                            .value())
                    .isNaN();
            assertThat(dz.values()[0]).isNaN();
        }
    }

    private double[] run(Stream stream, boolean ctr, double[][] z, int n, int d, float tau, Tensor dx, Tensor dy) {
        Decorrelation room = device.backend().decorrelation(stream);
        Decorrelation.Weights weights = new Decorrelation.Weights(25, 25, 1, 1e-4f, 1.25f, 0.5f, tau);
        Tensor x = Truth.tensor(device, z[0], n, d);
        Tensor y = Truth.tensor(device, z[1], n, d);
        return ctr
                ? room.vicRegCtr(x, y, weights, dx, dy).run()
                : room.vicRegExp(x, y, weights, dx, dy).run();
    }

    /** The rows whose Gram is the covariance of one view: centred features, or centred samples. */
    private static float[] rows(double[] z, int n, int d, boolean ctr) {
        double[] own = ctr ? transposed(z, n, d) : z;
        int samples = ctr ? d : n;
        int features = ctr ? n : d;
        float[] centred = NaiveProducts.floats(StandardizeColumnsReference.centered(own, samples, features));
        return NaiveProducts.transposed(centred, samples, features);
    }

    private static double naiveCovariance(double[][] z, int n, int d, double tau, boolean ctr, Precision precision) {
        int features = ctr ? n : d;
        int samples = ctr ? d : n;
        double sum = 0;
        for (double[] view : z) {
            sum += new NaiveLogSumExp(rows(view, n, d, ctr), features, samples, tau * (samples - 1), precision).value;
        }
        return sum / features;
    }

    /** Error of the naive covariance part beside the whole gradient. */
    private static double naiveError(
            double[] z, double[] whole, int n, int d, double tau, boolean ctr, Precision precision) {
        int features = ctr ? n : d;
        int samples = ctr ? d : n;
        float[] rows = rows(z, n, d, ctr);
        float[] naive = new NaiveLogSumExp(rows, features, samples, tau * (samples - 1), precision).gradient;
        double[] centred = StandardizeColumnsReference.centered(ctr ? transposed(z, n, d) : z, samples, features);
        double[] exact = OffDiagonalExponentialReference.gradient(centred, samples, features, samples - 1, tau);
        float[] got = NaiveProducts.transposed(naive, features, samples);
        double worst = 0;
        for (int k = 0; k < exact.length; k++) {
            worst = Math.max(worst, Math.abs(got[k] - exact[k]) / features);
        }
        return worst / Arrays.stream(whole).map(Math::abs).max().orElseThrow();
    }

    private static double[] transposed(double[] z, int n, int d) {
        double[] t = new double[z.length];
        for (int k = 0; k < z.length; k++) {
            t[k % d * n + k / d] = z[k];
        }
        return t;
    }
}
