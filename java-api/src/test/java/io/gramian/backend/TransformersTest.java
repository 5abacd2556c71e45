package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.GeluReference;
import io.gramian.reference.LayerNormReference;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformersTest {
    private static final float EPS = 1e-6f;

    private final Device device = Device.cpu();
    private final Transformers kernels = device.backend().transformers();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void oneAndThreeBecomeMinusOneAndOne() {
        Tensor y = Tensor.empty(device, 1, 2);
        Tensor mean = Tensor.empty(device, 1);
        kernels.layerNorm(of(new float[] {1, 3}, 1, 2), ones(2), zeros(2), 1e-12f, y, mean, Tensor.empty(device, 1));
        assertThat(y.toFloats()).containsExactly(-1, 1);
        assertThat(mean.item()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"0,5", "1,1", "2,2", "31,33", "257,129", "129,257", "33,768", "2500,31"})
    void layerNormAgreesWithTheTruth(int rows, int d) {
        Random random = new Random(rows * 1000L + d);
        double[] x = Arrays64.random(random, rows * d);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] + i / d % 5); // means up to some deviations away from 0
        }
        double[] gamma = Arrays64.random(random, d);
        double[] beta = Arrays64.random(random, d);
        double[] dy = Arrays64.random(random, rows * d);
        LayerNormReference truth = new LayerNormReference(rows, d, EPS);
        Tensor tx = Arrays64.tensor(x, rows, d);
        Tensor tgamma = Arrays64.tensor(gamma, d);
        Guarded y = new Guarded(rows, d);
        Guarded mean = new Guarded(rows);
        Guarded rstd = new Guarded(rows);
        kernels.layerNorm(tx, tgamma, Arrays64.tensor(beta, d), EPS, y.tensor(), mean.tensor(), rstd.tensor());
        Guarded dx = new Guarded(rows, d);
        Guarded dgamma = new Guarded(d);
        Guarded dbeta = new Guarded(d);
        Tensor tdy = Arrays64.tensor(dy, rows, d);
        kernels.layerNormBackward(
                tdy, tx, tgamma, mean.tensor(), rstd.tensor(), dx.tensor(), dgamma.tensor(), dbeta.tensor());
        mean.assertBandsUntouched();
        rstd.assertBandsUntouched();
        float[] fx = NaiveTransformer.floats(x);
        float[] fgamma = NaiveTransformer.floats(gamma);
        float[][] naive = NaiveTransformer.layerNormBackward(fx, fgamma, NaiveTransformer.floats(dy), EPS);
        NaiveTransformer.assertClose(
                "y",
                y,
                truth.value(x, gamma, beta),
                NaiveTransformer.layerNorm(fx, fgamma, NaiveTransformer.floats(beta), EPS));
        NaiveTransformer.assertClose("dx", dx, truth.dx(x, gamma, dy), naive[0]);
        NaiveTransformer.assertClose("dgamma", dgamma, truth.dgamma(x, dy), naive[1]);
        NaiveTransformer.assertClose("dbeta", dbeta, truth.dbeta(dy), naive[2]);
        Arrays64.assertClose("mean", mean.tensor(), truth.mean(x), 1e-6);
    }

    /** A shift and a positive factor of a row change nothing but its statistics. */
    @Test
    void layerNormForgetsShiftAndScale() {
        double[] x = Arrays64.random(new Random(1), 5 * 40);
        double[] moved = Arrays.stream(x).map(v -> 8 * v + 16).toArray();
        Tensor y = Tensor.empty(device, 5, 40);
        kernels.layerNorm(
                Arrays64.tensor(moved, 5, 40),
                ones(40),
                zeros(40),
                1e-12f,
                y,
                Tensor.empty(device, 5),
                Tensor.empty(device, 5));
        Arrays64.assertClose("y", y, new LayerNormReference(5, 40, 0).normalized(x), 2e-5);
    }

    /**
     * The exponent -x^2 / 2 is rounded twice in float32, which costs x^2 units in the last place; polynomial, division,
     * exponential and products some ten more.
     */
    @Test
    void geluAgreesWithTheTruthUpToTheLastDigitsOfItsTail() {
        int count = 20_001;
        double[] x = new double[count];
        Arrays.setAll(x, i -> (float) (-12.5 + 25.0 * i / (count - 1)));
        Guarded y = new Guarded(count);
        Guarded dx = new Guarded(count);
        kernels.gelu(Arrays64.tensor(x, count), y.tensor());
        kernels.geluBackward(Arrays64.tensor(x, count), ones(count), dx.tensor());
        y.assertBandsUntouched();
        dx.assertBandsUntouched();
        float[] values = y.tensor().toFloats();
        float[] slopes = dx.tensor().toFloats();
        for (int i = 0; i < count; i++) {
            double relative = 6e-8 * (20 + 3 * x[i] * x[i]);
            assertThat(Math.abs(values[i] - GeluReference.value(x[i])))
                    .as("gelu(%s)", x[i])
                    .isLessThanOrEqualTo(relative * Math.abs(GeluReference.value(x[i])));
            double parts = GeluReference.distribution(x[i]) + Math.abs(x[i]) * Math.exp(-x[i] * x[i] / 2);
            assertThat(Math.abs(slopes[i] - GeluReference.derivative(x[i])))
                    .as("gelu'(%s)", x[i])
                    .isLessThanOrEqualTo(relative * parts);
        }
    }

    @Test
    void geluInPlaceAndAtTheEnds() {
        Tensor x = of(new float[] {0, 1, -100, 100, Float.NaN, Float.POSITIVE_INFINITY}, 6);
        kernels.gelu(x, x);
        assertThat(x.toFloats()[1]).isEqualTo(0.8413447f, offset(3e-7f));
        assertThat(x.toFloats()).startsWith(0f).contains(100f, Float.NaN, Float.POSITIVE_INFINITY);
        assertThat(Math.abs(x.toFloats()[2])).isEqualTo(0f);
    }

    @Test
    void sameBitsWhateverTheThreads() {
        double[] x = Arrays64.random(new Random(5), 630 * 48);
        float[][] one = all(Guarded.threads(1).transformers(), x);
        float[][] three = all(Guarded.threads(3).transformers(), x);
        for (int i = 0; i < one.length; i++) {
            assertThat(three[i]).containsExactly(one[i]);
        }
    }

    private float[][] all(Transformers room, double[] values) {
        Tensor x = Arrays64.tensor(values, 630, 48);
        Tensor y = zeros(630, 48);
        Tensor mean = zeros(630);
        Tensor rstd = zeros(630);
        Tensor dx = zeros(630, 48);
        Tensor dgamma = zeros(48);
        Tensor dbeta = zeros(48);
        room.layerNorm(x, ones(48), zeros(48), EPS, y, mean, rstd);
        room.layerNormBackward(x, x, ones(48), mean, rstd, dx, dgamma, dbeta);
        room.gelu(y, y);
        return new float[][] {
            y.toFloats(), mean.toFloats(), rstd.toFloats(), dx.toFloats(), dgamma.toFloats(), dbeta.toFloats()
        };
    }

    @Test
    void nanStaysInItsRow() {
        Tensor y = Tensor.empty(device, 2, 2);
        Tensor statistics = Tensor.empty(device, 2);
        kernels.layerNorm(
                of(new float[] {1, Float.NaN, 2, 3}, 2, 2),
                ones(2),
                zeros(2),
                EPS,
                y,
                statistics,
                Tensor.empty(device, 2));
        assertThat(y.toFloats()[0]).isNaN();
        assertThat(y.toFloats()[1]).isNaN();
        assertThat(y.toFloats()[3]).isBetween(0.99f, 1f);
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(
                        () -> kernels.layerNorm(zeros(3, 4), ones(3), zeros(4), EPS, zeros(3, 4), zeros(3), zeros(3)))
                .hasMessage("gamma: expected shape (4), got (3)");
        assertThatThrownBy(
                        () -> kernels.layerNorm(zeros(3, 0), ones(0), zeros(0), EPS, zeros(3, 0), zeros(3), zeros(3)))
                .hasMessage("x: expected a tensor (..., d) with d of at least 1, got (3, 0)");
        assertThatThrownBy(() -> kernels.layerNorm(zeros(3, 4), ones(4), zeros(4), 0, zeros(3, 4), zeros(3), zeros(3)))
                .hasMessage("eps: expected a finite number above 0, got 0.0");
        assertThatThrownBy(() -> kernels.gelu(zeros(3), zeros(4))).hasMessage("y: expected shape (3), got (4)");
    }

    private Tensor of(float[] values, long... sizes) {
        return Tensor.of(device, values, sizes);
    }

    private Tensor zeros(long... sizes) {
        return Tensor.zeros(device, sizes);
    }

    private Tensor ones(long... sizes) {
        return Tensor.empty(device, sizes).fill(1);
    }
}
