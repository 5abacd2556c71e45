package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.backend.Transformers;
import io.gramian.reference.GeluReference;
import io.gramian.reference.LayerNormReference;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer normalisation and GELU by the CUDA sources on the SIMT executor against the float64 truth. */
class SimtTransformersTest {
    private static final float EPS = 1e-6f;

    /** A few roundings of float32, where the plain program was lucky. */
    private static final double SLACK = 1e-6;

    private final Device device = DeviceUnderTest.get();

    private float[][] layerNorm(long seed, double[] x, double[] gamma, double[] beta, double[] dy) {
        int d = gamma.length;
        int rows = x.length / d;
        int shift = (int) (seed % 4);
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, seed)) {
            Transformers kernels = device.backend().transformers(stream);
            Tensor tx = Guarded.shifted(device, shift, rows, d).with(x).tensor();
            Tensor tdy = Guarded.shifted(device, shift, rows, d).with(dy).tensor();
            Tensor tgamma = Truth.tensor(device, gamma, d);
            Guarded[] out = {
                Guarded.shifted(device, shift, rows, d),
                Guarded.of(device, rows),
                Guarded.of(device, rows),
                Guarded.shifted(device, shift, rows, d),
                Guarded.of(device, d),
                Guarded.of(device, d)
            };
            kernels.layerNorm(
                    tx, tgamma, Truth.tensor(device, beta, d), EPS, out[0].tensor(), out[1].tensor(), out[2].tensor());
            kernels.layerNormBackward(
                    tdy,
                    tx,
                    tgamma,
                    out[1].tensor(),
                    out[2].tensor(),
                    out[3].tensor(),
                    out[4].tensor(),
                    out[5].tensor());
            return Arrays.stream(out).map(Guarded::values).toArray(float[][]::new);
        }
    }

    /** The last two have several chunks of rows, and several blocks along one. */
    @ParameterizedTest
    @CsvSource({"0,5", "1,1", "2,2", "31,33", "33,31", "127,129", "129,64", "9,1030", "2500,3", "70,132"})
    void layerNormAgreesWithTheTruth(int rows, int d) {
        double[] x = Truth.gaussian(rows, rows * d);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] + i / d % 5); // means up to some deviations away from 0
        }
        double[] gamma = Truth.gaussian(d, d);
        double[] beta = Truth.gaussian(d + 1L, d);
        double[] dy = Truth.gaussian(rows + 1L, rows * d);
        LayerNormReference truth = new LayerNormReference(rows, d, EPS);
        NaiveLayerNorm naive = new NaiveLayerNorm(x, gamma, beta, dy, EPS);
        float[][] got = layerNorm(rows, x, gamma, beta, dy);
        check("y", got[0], truth.value(x, gamma, beta), naive.y);
        check("mean", got[1], truth.mean(x), new float[0]);
        check("rstd", got[2], truth.rstd(x), new float[0]);
        check("dx", got[3], truth.dx(x, gamma, dy), naive.dx);
        check("dgamma", got[4], truth.dgamma(x, dy), naive.dgamma);
        check("dbeta", got[5], truth.dbeta(dy), naive.dbeta);
    }

    private static void check(String what, float[] actual, double[] expected, float[] naive) {
        double allowed = naive.length == 0 ? SLACK : 2 * Truth.error(naive, expected) + SLACK;
        assertThat(Truth.error(actual, expected)).as(what).isLessThanOrEqualTo(allowed);
    }

    /** Views that begin anywhere, and every order of threads. */
    @ParameterizedTest
    @CsvSource({"97,64", "5,260", "65,31"})
    void layerNormHasTheSameBits(int rows, int d) {
        double[] x = Truth.gaussian(rows, rows * d);
        double[] dy = Truth.gaussian(rows + 1L, rows * d);
        double[] gamma = Truth.gaussian(d, d);
        float[][] first = layerNorm(0, x, gamma, gamma, dy);
        for (long seed = 1; seed < 4; seed++) {
            assertThat(layerNorm(seed, x, gamma, gamma, dy)).isDeepEqualTo(first);
        }
    }

    /** A mean 100,000 deviations away costs no digit of the deviation. */
    @Test
    void aLargeMeanKeepsItsVariance() {
        double[] x = new double[300];
        Arrays.setAll(x, i -> 100000 + i / 3 % 2);
        double[] ones = new double[300];
        Arrays.fill(ones, 1);
        float[][] got = layerNorm(0, x, ones, new double[300], x);
        double rstd = new LayerNormReference(1, 300, EPS).rstd(x)[0];
        assertThat(got[2][0] / rstd).isBetween(1 - 1e-6, 1 + 1e-6);
        assertThat(Truth.error(got[0], new LayerNormReference(1, 300, EPS).normalized(x)))
                .isLessThanOrEqualTo(SLACK);
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void aBadValueSpoilsItsRowOnly(float bad) {
        for (int column : new int[] {0, 39}) {
            double[] x = Truth.gaussian(1, 3 * 40);
            double[] ones = new double[40];
            Arrays.fill(ones, 1);
            x[40 + column] = bad;
            float[][] got = layerNorm(0, x, ones, ones, Truth.gaussian(2, 3 * 40));
            for (int i = 0; i < x.length; i++) {
                assertThat(Float.isNaN(got[0][i])).as("y %d", i).isEqualTo(i / 40 == 1);
                assertThat(Float.isNaN(got[3][i])).as("dx %d", i).isEqualTo(i / 40 == 1);
            }
        }
    }

    /**
     * The exponent -x^2 / 2 is rounded twice in float32, which costs x^2 units in the last place; polynomial, division and
     * products five more.
     */
    @Test
    void geluAgreesWithTheTruthUpToTheLastDigitsOfItsTail() {
        int count = 4001;
        double[] x = new double[count];
        Arrays.setAll(x, i -> (float) (-12.5 + 25.0 * i / (count - 1)));
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, 3)) {
            Transformers kernels = device.backend().transformers(stream);
            Tensor tx = Guarded.shifted(device, 1, count).with(x).tensor();
            Guarded y = Guarded.shifted(device, 1, count);
            Guarded dx = Guarded.shifted(device, 2, count).with(ones);
            kernels.gelu(tx, y.tensor());
            kernels.geluBackward(tx, dx.tensor(), dx.tensor());
            float[] values = y.values();
            float[] slopes = dx.values();
            for (int i = 0; i < count; i++) {
                double relative = 6e-8 * (10 + 3 * x[i] * x[i]);
                assertThat(Math.abs(values[i] - GeluReference.value(x[i])))
                        .as("gelu(%s)", x[i])
                        .isLessThanOrEqualTo(relative * Math.abs(GeluReference.value(x[i])));
                double parts = GeluReference.distribution(x[i]) + Math.abs(x[i]) * Math.exp(-x[i] * x[i] / 2);
                assertThat(Math.abs(slopes[i] - GeluReference.derivative(x[i])))
                        .as("gelu'(%s)", x[i])
                        .isLessThanOrEqualTo(relative * parts);
            }
        }
    }

    @Test
    void geluInPlaceAndAtTheEnds() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {0, 1, -100, 100, Float.NaN, Float.POSITIVE_INFINITY}, 6);
            device.backend().transformers().gelu(x, x);
            float[] y = x.toFloats();
            assertThat(Math.abs(y[0])).isZero();
            assertThat(y[1]).isBetween(0.841344f, 0.841345f);
            assertThat(Math.abs(y[2])).isZero();
            assertThat(y[3]).isEqualTo(100);
            assertThat(y[4]).isNaN();
            assertThat(y[5]).isEqualTo(Float.POSITIVE_INFINITY);
        }
    }
}
