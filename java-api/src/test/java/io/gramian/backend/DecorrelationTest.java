package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.OffDiagonalAbsolute;
import io.gramian.loss.OffDiagonalExponential;
import io.gramian.reference.OffDiagonalAbsoluteReference;
import io.gramian.reference.OffDiagonalExponentialReference;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecorrelationTest {
    private final Device device = Device.cpu();
    private final Decorrelation room = device.backend().decorrelation();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    /** Columns (1, 1) and (1, -3): z^T z = [[2, -2], [-2, 10]]. */
    @Test
    void twoColumnsByHand() {
        Tensor z = Tensor.of(device, new float[] {1, 1, 1, -3}, 2, 2);
        Tensor dz = Tensor.zeros(device, 2, 2);
        assertThat(new OffDiagonalAbsolute(4).valueAndGradient(z, dz)).isEqualTo(1); // 2 * |-2| / 4
        // 2/4 z [[0, -1], [-1, 0]]
        assertThat(dz.toFloats()).containsExactly(-0.5f, -0.5f, 1.5f, -0.5f);
        // each row has one other entry: log exp(-2 / (4 * 0.5)), twice
        assertThat(new OffDiagonalExponential(4, 0.5f).valueAndGradient(z, dz)).isCloseTo(-2, within(1e-7));
        // P = [[0, 1], [1, 0]], W = 2 P / (4 * 0.5)
        Arrays64.assertClose("dz", dz, new double[] {1, 1, -3, 1}, 1e-6);
    }

    @ParameterizedTest
    @CsvSource({
        "1,2", "2,31", "33,33", "31,127", "257,129", "129,257", "40,65", "20,513", "9,600", "5,1100", "3,1", "0,4"
    })
    void agreeWithTheTruth(int n, int d) {
        double[] values = Arrays64.random(new Random(31L * n + d), n * d);
        Tensor z = Arrays64.tensor(values, n, d);
        Guarded dz = new Guarded(n, d);
        float scale = Math.max(1, n - 1);
        double absolute = OffDiagonalAbsoluteReference.value(values, n, d, scale);
        assertThat(room.absolute(z, scale, dz.tensor()).value()).isCloseTo(absolute, within(1e-6 * absolute));
        assertThat(room.absolute(z, scale, null).value())
                .isEqualTo(room.absolute(z, scale, dz.tensor()).value());
        // entries of the Gram near 0 may change their sign by rounding: each moves the gradient by one entry of z
        double flip = n == 0 ? 0 : 2.1 / scale * Math.max(1, d / 500.0);
        double[] gradient = OffDiagonalAbsoluteReference.gradient(values, n, d, scale);
        Arrays64.assertClose("absolute", dz.tensor(), gradient, d > 500 ? flip : 1e-5 * d / scale);
        dz.assertBandsUntouched();
        if (d < 2) {
            return;
        }
        double exponential = OffDiagonalExponentialReference.value(values, n, d, scale, 0.1);
        dz.tensor().fill(Float.NaN);
        assertThat(room.exponential(z, scale, 0.1f, dz.tensor()).value())
                .isCloseTo(exponential, within(1e-7 * d * Math.log(d) + 1e-6 * Math.abs(exponential)));
        assertThat(room.exponential(z, scale, 0.1f, null).value())
                .isEqualTo(room.exponential(z, scale, 0.1f, dz.tensor()).value());
        double[] truth = OffDiagonalExponentialReference.gradient(values, n, d, scale, 0.1);
        double largest = 0;
        for (double each : truth) {
            largest = Math.max(largest, Math.abs(each));
        }
        Arrays64.assertClose("exponential", dz.tensor(), truth, 2e-5 * largest);
        dz.assertBandsUntouched();
    }

    @Test
    void permutedColumnsAndRotatedRowsChangeNothing() {
        int n = 24;
        int d = 40;
        double[] values = Arrays64.random(new Random(4), n * d);
        double[] moved = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < d; k++) {
                moved[i * d + (k * 7 + 3) % d] = values[(n - 1 - i) * d + k];
            }
        }
        Tensor z = Arrays64.tensor(values, n, d);
        Tensor other = Arrays64.tensor(moved, n, d);
        double absolute = room.absolute(z, 23, null).value();
        assertThat(room.absolute(other, 23, null).value()).isCloseTo(absolute, within(1e-6 * absolute));
        double exponential = room.exponential(z, 23, 0.1f, null).value();
        assertThat(room.exponential(other, 23, 0.1f, null).value()).isCloseTo(exponential, within(1e-5 * exponential));
    }

    @Test
    void lowTemperaturesNeitherOverflowNorVanish() {
        double[] values = Arrays64.random(new Random(5), 16 * 70);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 64;
        }
        Tensor z = Arrays64.tensor(values, 16, 70);
        double truth = OffDiagonalExponentialReference.value(values, 16, 70, 1, 1e-3);
        assertThat(room.exponential(z, 1, 1e-3f, null).value()).isCloseTo(truth, within(1e-5 * truth));
        Guarded dz = new Guarded(16, 70);
        room.exponential(z, 1, 1e-3f, dz.tensor()).value();
        for (float each : dz.tensor().toFloats()) {
            assertThat(each).isFinite();
        }
    }

    @ParameterizedTest
    @CsvSource({"257,129", "40,700"})
    void sameBitsWithAnyNumberOfThreads(int n, int d) {
        Tensor z = Arrays64.tensor(Arrays64.random(new Random(6), n * d), n, d);
        float[] once = bits(1, z);
        assertThat(bits(1, z)).containsExactly(once);
        assertThat(bits(2, z)).containsExactly(once);
        assertThat(bits(5, z)).containsExactly(once);
    }

    private float[] bits(int threads, Tensor z) {
        Decorrelation other = Guarded.threads(threads).decorrelation();
        Tensor dz = Tensor.empty(device, z.shape().toArray());
        other.exponential(z, 10, 0.1f, dz).value();
        return dz.toFloats();
    }

    @Test
    void nanAndInfinityShow() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Tensor z = Tensor.of(device, new float[] {1, bad, -2, 3, 1, -1}, 2, 3);
            Tensor dz = Tensor.zeros(device, 2, 3);
            double absolute = room.absolute(z, 1, dz).value();
            assertThat(Double.isFinite(absolute)).isFalse();
            double exponential = room.exponential(z, 1, 1, dz).value();
            assertThat(Double.isFinite(exponential)).isFalse();
            assertThat(dz.toFloats()).contains(Float.NaN);
        }
    }

    @Test
    void refuseWhatTheyCannotDo() {
        Tensor z = Tensor.zeros(device, 3, 4);
        refuses(() -> room.absolute(z, 0, null).value(), "scale: expected a finite number above 0, got 0.0");
        refuses(
                () -> room.absolute(Tensor.zeros(device, 4), 1, null).value(),
                "z: expected a matrix (n, d), got shape (4)");
        refuses(() -> room.absolute(z, 1, Tensor.zeros(device, 4, 3)).value(), "dz: expected shape (3, 4), got (4, 3)");
        refuses(() -> room.absolute(z, 1, z).value(), "dz overlaps z");
        refuses(
                () -> room.exponential(z, 1, 0, null).value(),
                "temperature: expected a finite number above 0, got 0.0");
        refuses(
                () -> room.exponential(Tensor.zeros(device, 3, 1), 1, 1, null).value(),
                "features: expected at least 2, because the logarithm of an empty sum is infinite, got 1");
        Tensor closed = Tensor.zeros(device, 3, 4);
        closed.close();
        assertThatThrownBy(() -> room.absolute(closed, 1, null).value())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("was closed");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
