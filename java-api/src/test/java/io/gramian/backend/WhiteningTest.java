package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.WhiteningReference;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WhiteningTest {
    private final Device device = Device.cpu();
    private final Whitening whitening = device.backend().whitening();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void twoCorrelatedColumnsByHand() {
        // columns (0, 2, 4) and (0, 2, 10): S = [[4, 10], [10, 28]], L = [[2, 0], [5, sqrt 3]]
        Tensor x = Tensor.of(device, new float[] {0, 0, 2, 2, 4, 10}, 1, 3, 2);
        Tensor y = Tensor.empty(device, 1, 3, 2);
        Tensor w = Tensor.empty(device, 1, 2, 2);
        whitening.whiten(x, 0, y, w);
        float root = (float) Math.sqrt(3);
        assertClose(w.toFloats(), new double[] {0.5, 0, -2.5 / root, 1 / root}, 1e-6);
        assertClose(y.toFloats(), new double[] {-1, 1 / root, 0, -2 / root, 1, 1 / root}, 1e-6);
    }

    @ParameterizedTest
    @CsvSource({
        "1,2,1,0",
        "2,3,2,0",
        "3,33,31,0",
        "2,64,32,0",
        "2,70,33,0.001",
        "5,130,65,0",
        "2,131,129,0",
        "3,260,128,0.1",
        "1,300,257,0",
        "1,2,2,0.5"
    })
    void agreesWithTheTruthAndIsWhite(int batch, int n, int d, float eps) {
        Random random = new Random(1000L * n + d);
        float[] x = gaussian(random, batch * n * d);
        float[] dy = gaussian(random, batch * n * d);
        Tensor y = Tensor.empty(device, batch, n, d).fill(Float.NaN);
        Tensor w = Tensor.empty(device, batch, d, d).fill(Float.NaN);
        Tensor dx = Tensor.empty(device, batch, n, d).fill(Float.NaN);
        whitening.whiten(Tensor.of(device, x, batch, n, d), eps, y, w);
        whitening.whitenBackward(y, w, Tensor.of(device, dy, batch, n, d), eps, dx);
        for (int b = 0; b < batch; b++) {
            double[] slice = part(x, b, n * d);
            double[] expected = WhiteningReference.value(slice, n, d, eps);
            double[] actual = part(y.toFloats(), b, n * d);
            // n close to d: the smallest singular value is that much smaller than the largest
            double condition = (Math.sqrt(n) + Math.sqrt(d)) / Math.max(0.5, Math.sqrt(n) - Math.sqrt(d));
            assertThat(worst(actual, expected)).as("y").isLessThan(1e-6 * condition);
            double[] gradient = WhiteningReference.gradient(slice, part(dy, b, n * d), n, d, eps);
            assertThat(worst(part(dx.toFloats(), b, n * d), gradient))
                    .as("dx")
                    .isLessThan(1e-6 * condition * condition);
            if (eps == 0) {
                assertWhite(actual, n, d, 4e-7 * condition * Math.sqrt(d));
            }
            double[] matrix = part(w.toFloats(), b, d * d);
            for (int i = 0; i < d * d; i++) {
                assertThat(i / d >= i % d || matrix[i] == 0)
                        .as("zero above the diagonal")
                        .isTrue();
            }
        }
    }

    @Test
    void lowerTriangularMapsChangeNothing() {
        int n = 50;
        int d = 4;
        Random random = new Random(3);
        float[] x = gaussian(random, n * d);
        float[] mapped = new float[n * d];
        double[][] t = {{2, 0, 0, 0}, {-1, 0.5, 0, 0}, {3, 1, 4, 0}, {0.25, -2, 1, 1}};
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                double sum = 7;
                for (int k = 0; k <= j; k++) {
                    sum += t[j][k] * x[i * d + k];
                }
                mapped[i * d + j] = (float) sum;
            }
        }
        assertClose(
                whitened(mapped, n, d),
                WhiteningReference.value(part(x, 0, n * d), n, d, 0),
                2e-5); // rounding of mapped
    }

    @Test
    void illConditionedSlicesStayWhite() {
        int n = 256;
        int d = 64;
        float[] x = gaussian(new Random(5), n * d);
        for (int i = 0; i < n * d; i++) {
            x[i] = (float) (x[i] * Math.pow(10, -3.0 * (i % d) / (d - 1)) + 100); // condition of S 1e6, mean 100
        }
        double[] y = part(whitened(x, n, d), 0, n * d);
        // x itself is rounded to 24 bits of 100: white is what the rounded values are
        assertWhite(y, n, d, 1e-5);
    }

    @Test
    void sameBitsWithEveryThreadCountAndInPlace() {
        int batch = 5;
        int n = 40;
        int d = 17;
        Random random = new Random(4);
        Tensor x = Tensor.of(device, gaussian(random, batch * n * d), batch, n, d);
        float[][] results = new float[3][];
        for (int threads = 1; threads <= 3; threads++) {
            Whitening room = OptimizersTest.withThreads(threads).whitening();
            Tensor y = Tensor.empty(device, batch, n, d);
            Tensor w = Tensor.empty(device, batch, d, d);
            Tensor dy = Tensor.of(device, gaussian(new Random(8), batch * n * d), batch, n, d);
            room.whiten(x, 0, y, w);
            room.whitenBackward(y, w, dy, 0, dy);
            results[threads - 1] = dy.toFloats();
        }
        assertThat(results[1]).containsExactly(results[0]);
        assertThat(results[2]).containsExactly(results[0]);
    }

    @Test
    void singularSlicesNameEntryAndColumn() {
        float[] x = gaussian(new Random(9), 3 * 20 * 4);
        for (int i = 0; i < 20; i++) {
            x[(20 + i) * 4 + 2] = 5; // entry 1: column 2 is constant
            x[(40 + i) * 4 + 3] = x[(40 + i) * 4] - 2 * x[(40 + i) * 4 + 1]; // entry 2: column 3 depends on others
        }
        fails(x, 3, 20, 4, "batch entry 1: pivot 0 of column 2 is not positive");
        System.arraycopy(x, 0, x, 20 * 4, 20 * 4);
        fails(x, 3, 20, 4, "batch entry 2: pivot ");
        fails(
                x,
                3,
                20,
                4,
                "of column 3 is not positive: the covariance of 20 rows and 4 columns is singular; use a larger eps");
        x[5 * 4 + 1] = Float.NaN;
        fails(x, 3, 20, 4, "batch entry 0: pivot nan of column 1: the slice has NaN or infinite values");
        fails(gaussian(new Random(1), 3 * 4), 1, 3, 4, "is not positive"); // 3 rows cannot span 4 columns
    }

    @Test
    void emptyBatchesAndBadArguments() {
        whitening.whiten(
                Tensor.empty(device, 0, 4, 2), 0, Tensor.empty(device, 0, 4, 2), Tensor.empty(device, 0, 2, 2));
        Tensor x = Tensor.zeros(device, 1, 4, 2);
        Tensor w = Tensor.zeros(device, 1, 2, 2);
        Tensor y = Tensor.zeros(device, 1, 4, 2);
        refuses(
                () -> whitening.whiten(Tensor.zeros(device, 4, 2), 0, y, w),
                "x: expected slices (batch, n, d), got shape (4, 2)");
        refuses(
                () -> whitening.whiten(Tensor.zeros(device, 1, 1, 2), 0, y, w),
                "x: rows of a slice: expected at least 2, got 1");
        refuses(() -> whitening.whiten(x, 1, y, w), "eps: expected a number in [0, 1), got 1.0");
        refuses(() -> whitening.whiten(x, Float.NaN, y, w), "eps");
        refuses(() -> whitening.whiten(x, 0, x, w), "y overlaps x");
        refuses(
                () -> whitening.whiten(x, 0, y, Tensor.zeros(device, 1, 2, 3)),
                "w: expected shape (1, 2, 2), got (1, 2, 3)");
    }

    private float[] whitened(float[] x, int n, int d) {
        Tensor y = Tensor.empty(device, 1, n, d);
        whitening.whiten(Tensor.of(device, x, 1, n, d), 0, y, Tensor.empty(device, 1, d, d));
        return y.toFloats();
    }

    private void fails(float[] x, int batch, int n, int d, String message) {
        Tensor y = Tensor.empty(device, batch, n, d);
        Tensor w = Tensor.empty(device, batch, d, d);
        assertThatThrownBy(() -> whitening.whiten(Tensor.of(device, x, batch, n, d), 0, y, w))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(message);
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static void assertWhite(double[] y, int n, int d, double tolerance) {
        for (int a = 0; a < d; a++) {
            for (int b = 0; b <= a; b++) {
                double sum = 0;
                for (int i = 0; i < n; i++) {
                    sum += y[i * d + a] * y[i * d + b];
                }
                assertThat(sum / (n - 1)).as("covariance %d %d", a, b).isCloseTo(a == b ? 1 : 0, within(tolerance));
            }
        }
    }

    private static double worst(double[] actual, double[] expected) {
        double scale = 1;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            error = Math.max(error, Math.abs(actual[i] - expected[i])); // NaN stays NaN and fails the comparison
        }
        return error / scale;
    }

    private static void assertClose(float[] actual, double[] expected, double tolerance) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("element %d", i).isCloseTo(expected[i], within(tolerance));
        }
    }

    private static double[] part(float[] all, int index, int count) {
        double[] part = new double[count];
        for (int i = 0; i < count; i++) {
            part[i] = all[index * count + i];
        }
        return part;
    }

    private static float[] gaussian(Random random, int count) {
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
