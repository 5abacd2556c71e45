package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.SliceReference;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ZCA, PCA and iterative whitening. */
class WhiteningMethodsTest {
    private static final int STEPS = 5;

    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    /** Outputs of a forward and a backward pass. */
    private static final class Pass {
        final Guarded y;
        final Guarded w;
        final Guarded dx;

        Pass(Whitening room, String method, Tensor x, Tensor dy, float eps) {
            long batch = x.shape().size(0);
            long n = x.shape().size(1);
            long d = x.shape().size(2);
            y = new Guarded(batch, n, d);
            w = new Guarded(batch, d, d);
            dx = new Guarded(batch, n, d);
            if (method.equals("ITERATIVE")) {
                room.whitenIterative(STEPS, x, eps, y.tensor(), w.tensor());
                room.whitenIterativeBackward(STEPS, x, w.tensor(), dy, eps, dx.tensor());
                return;
            }
            WhiteningMethod kind = new WhiteningMethod(WhiteningMethod.Kind.valueOf(method), 0);
            Tensor roots = Tensor.empty(Device.cpu(), DType.FLOAT64, batch, d);
            room.whitenSpectral(kind, x, eps, y.tensor(), w.tensor(), roots);
            room.whitenSpectralBackward(kind, y.tensor(), w.tensor(), roots, dy, eps, dx.tensor());
        }

        void assertBandsUntouched() {
            y.assertBandsUntouched();
            w.assertBandsUntouched();
            dx.assertBandsUntouched();
        }
    }

    private static SliceReference truth(String method) {
        return switch (method) {
            case "ZCA" -> SliceReference.ZCA;
            case "PCA" -> SliceReference.PCA;
            default -> SliceReference.iterative(STEPS);
        };
    }

    /** Columns (0, 2, 4) and (0, 2, -2): S = [[4, -2], [-2, 4]], eigenvalues 6 along (1, -1) and 2 along (1, 1). */
    @Test
    void twoColumnsByHand() {
        Tensor x = Tensor.of(device, new float[] {0, 0, 2, 2, 4, -2}, 1, 3, 2);
        Tensor y = Tensor.empty(device, 1, 3, 2);
        Tensor w = Tensor.empty(device, 1, 2, 2);
        Tensor roots = Tensor.empty(device, DType.FLOAT64, 1, 2);
        Whitening room = device.backend().whitening();
        room.whitenSpectral(WhiteningMethod.PCA, x, 0, y, w, roots);
        assertThat(roots.toDoubles()[0]).isCloseTo(Math.sqrt(6), within(1e-12));
        assertThat(roots.toDoubles()[1]).isCloseTo(Math.sqrt(2), within(1e-12));
        double[] c = {-2, 0, 0, 2, 2, -2}; // centred
        float[] values = y.toFloats();
        for (int i = 0; i < 3; i++) {
            // the sign of (1, -1) / sqrt 2 is that of its first largest entry, which rounding picks
            double along = (c[2 * i] - c[2 * i + 1]) / Math.sqrt(12);
            double across = (c[2 * i] + c[2 * i + 1]) / 2;
            assertThat(Math.abs(values[2 * i])).isCloseTo((float) Math.abs(along), within(1e-6f));
            assertThat((double) values[2 * i + 1]).isCloseTo(across, within(1e-6));
        }
        room.whitenSpectral(WhiteningMethod.ZCA, x, 0, y, w, roots);
        values = y.toFloats();
        for (int i = 0; i < 3; i++) {
            double along = (c[2 * i] - c[2 * i + 1]) / Math.sqrt(24);
            double across = (c[2 * i] + c[2 * i + 1]) / Math.sqrt(8);
            assertThat((double) values[2 * i]).isCloseTo(along + across, within(1e-6));
            assertThat((double) values[2 * i + 1]).isCloseTo(across - along, within(1e-6));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ZCA,1,2,1,0",
        "ZCA,3,33,31,0",
        "ZCA,2,70,33,0.001",
        "ZCA,2,130,65,0",
        "ZCA,1,260,129,0.1",
        "ZCA,1,2,2,0.5",
        "PCA,1,2,1,0",
        "PCA,3,40,15,0",
        "PCA,2,70,33,0.001",
        "PCA,2,200,65,0",
        "PCA,1,5,2,0.5",
        "ITERATIVE,1,2,1,0",
        "ITERATIVE,3,33,31,0",
        "ITERATIVE,2,70,33,0.001",
        "ITERATIVE,2,130,65,0",
        "ITERATIVE,1,20,33,0",
        "ITERATIVE,1,260,129,0.1"
    })
    void agreeWithTheTruth(String method, int batch, int n, int d, float eps) {
        double[] x = spread(1000L * n + d, batch, n, d);
        double[] dy = Arrays64.random(new Random(d), batch * n * d);
        Pass pass = new Pass(
                device.backend().whitening(),
                method,
                Arrays64.tensor(x, batch, n, d),
                Arrays64.tensor(dy, batch, n, d),
                eps);
        pass.assertBandsUntouched();
        for (int b = 0; b < batch; b++) {
            double[] slice = part(x, b, n * d);
            double[] gradient = truth(method).gradient(slice, part(dy, b, n * d), n, d, eps);
            assertRelative("y", pass.y.tensor(), b, truth(method).value(slice, n, d, eps), 2e-5);
            assertRelative("dx", pass.dx.tensor(), b, gradient, method.equals("PCA") ? 2e-4 : 5e-5);
        }
    }

    /** Any orthogonal matrix is its own rotation: rows turned before ZCA are rows turned after it. */
    @Test
    void zcaAndIterativeTurnWithTheFeatures() {
        int n = 60;
        int d = 6;
        double[] x = spread(3, 1, n, d);
        double[] turned = x.clone();
        turn(turned, n, d);
        Tensor dy = Arrays64.tensor(new double[n * d], 1, n, d);
        for (String method : new String[] {"ZCA", "ITERATIVE"}) {
            Whitening room = device.backend().whitening();
            double[] y = widen(new Pass(room, method, Arrays64.tensor(x, 1, n, d), dy, 0).y.tensor());
            turn(y, n, d);
            Tensor other = new Pass(room, method, Arrays64.tensor(turned, 1, n, d), dy, 0).y.tensor();
            assertRelative(method, other, 0, y, 2e-5);
        }
    }

    @Test
    void equalEigenvaluesGiveFiniteGradients() {
        // four rows of a square: covariance 4/3 I
        Tensor x = Tensor.of(device, new float[] {1, 1, 1, -1, -1, 1, -1, -1}, 1, 4, 2);
        Tensor dy = Tensor.of(device, new float[] {1, 2, 3, 4, 5, 6, 7, 9}, 1, 4, 2);
        for (String method : new String[] {"ZCA", "PCA"}) {
            for (float each : new Pass(device.backend().whitening(), method, x, dy, 0)
                    .dx
                    .tensor()
                    .toFloats()) {
                assertThat(each).as(method).isFinite();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ZCA", "PCA", "ITERATIVE"})
    void sameBitsWithEveryThreadCount(String method) {
        Tensor x = Arrays64.tensor(spread(4, 5, 40, 17), 5, 40, 17);
        Tensor dy = Arrays64.tensor(Arrays64.random(new Random(8), 5 * 40 * 17), 5, 40, 17);
        float[] once = new Pass(Guarded.threads(1).whitening(), method, x, dy, 0)
                .dx
                .tensor()
                .toFloats();
        assertThat(new Pass(Guarded.threads(2).whitening(), method, x, dy, 0)
                        .dx
                        .tensor()
                        .toFloats())
                .containsExactly(once);
        assertThat(new Pass(Guarded.threads(3).whitening(), method, x, dy, 0)
                        .dx
                        .tensor()
                        .toFloats())
                .containsExactly(once);
    }

    @Test
    void singularAndBadSlicesNameEntryAndColumn() {
        double[] x = spread(9, 3, 20, 4);
        for (int i = 0; i < 20; i++) {
            x[(20 + i) * 4 + 2] = 5; // entry 1: column 2 is constant
        }
        Tensor tensor = Arrays64.tensor(x, 3, 20, 4);
        for (WhiteningMethod method : new WhiteningMethod[] {WhiteningMethod.ZCA, WhiteningMethod.PCA}) {
            fails(
                    () -> spectral(method, tensor, 0),
                    "mostly of column 2, is not positive: the covariance of 20 rows and 4 columns is singular");
            spectral(method, tensor, 1e-3f); // shrinkage mends it
        }
        device.backend().whitening().whitenIterative(5, tensor, 0, like(tensor), square(tensor));
        fails(
                () -> device.backend()
                        .whitening()
                        .whitenIterative(5, Tensor.zeros(device, 2, 3, 4), 0, like(2, 3, 4), like(2, 4, 4)),
                "whitening of batch entry 0: every column is constant");
        x[5 * 4 + 1] = Double.NaN;
        Tensor bad = Arrays64.tensor(x, 3, 20, 4);
        fails(() -> spectral(WhiteningMethod.ZCA, bad, 0), "batch entry 0: column 1: the slice has NaN or infinite");
        fails(
                () -> device.backend().whitening().whitenIterative(5, bad, 0, like(bad), square(bad)),
                "batch entry 0: column 1: the slice has NaN or infinite");
    }

    @Test
    void refuseWhatTheyCannotDo() {
        Tensor x = Tensor.zeros(device, 1, 4, 2);
        Tensor roots = Tensor.empty(device, DType.FLOAT64, 1, 2);
        Whitening room = device.backend().whitening();
        refuses(() -> new WhiteningMethod(WhiteningMethod.Kind.ZCA, 3), "steps: expected 1 to 64 for ITERATIVE");
        refuses(() -> WhiteningMethod.iterative(0), "got 0 for ITERATIVE");
        refuses(
                () -> room.whitenSpectral(WhiteningMethod.CHOLESKY, x, 0, like(x), square(x), roots),
                "method: expected ZCA or PCA, got CHOLESKY");
        refuses(() -> room.whitenSpectral(WhiteningMethod.ZCA, x, 1, like(x), square(x), roots), "eps: expected a");
        refuses(() -> room.whitenSpectral(WhiteningMethod.ZCA, x, 0, x, square(x), roots), "y overlaps x");
        refuses(
                () -> room.whitenSpectral(WhiteningMethod.ZCA, x, 0, like(x), square(x), Tensor.zeros(device, 1, 2)),
                "roots: expected FLOAT64");
        refuses(
                () -> room.whitenSpectralBackward(WhiteningMethod.PCA, x, square(x), roots, like(x), 0, x),
                "dx overlaps y");
        refuses(() -> room.whitenIterative(65, x, 0, like(x), square(x)), "steps: expected 1 to 64");
        refuses(() -> room.whitenIterativeBackward(5, x, square(x), like(x), 0, x), "dx overlaps x");
        room.whitenIterative(5, like(0, 4, 2), 0, like(0, 4, 2), like(0, 2, 2));
    }

    private void spectral(WhiteningMethod method, Tensor x, float eps) {
        Tensor roots =
                Tensor.empty(device, DType.FLOAT64, x.shape().size(0), x.shape().size(2));
        device.backend().whitening().whitenSpectral(method, x, eps, like(x), square(x), roots);
    }

    private Tensor like(Tensor x) {
        return Tensor.empty(device, x.shape().toArray());
    }

    private Tensor like(long... sizes) {
        return Tensor.empty(device, sizes);
    }

    private Tensor square(Tensor x) {
        return Tensor.empty(
                device, x.shape().size(0), x.shape().size(2), x.shape().size(2));
    }

    private static void fails(Runnable call, String message) {
        assertThatThrownBy(call::run).isInstanceOf(GramianException.class).hasMessageContaining(message);
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    /** Columns of different spread, so that eigenvalues lie apart. */
    private static double[] spread(long seed, int batch, int n, int d) {
        Random random = new Random(seed);
        double[] x = new double[batch * n * d];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (random.nextGaussian() * Math.pow(0.1, (double) (i % d) / d) + 3);
        }
        return x;
    }

    private static void turn(double[] z, int n, int d) {
        for (int i = 0; i < n; i++) {
            double x = z[i * d + 1];
            double y = z[i * d + 4];
            z[i * d + 1] = (float) (0.6 * x - 0.8 * y);
            z[i * d + 4] = (float) (0.8 * x + 0.6 * y);
        }
    }

    private static void assertRelative(String what, Tensor actual, int part, double[] expected, double tolerance) {
        double largest = 1e-2; // two rows of one column are white whatever they are: their gradient is 0
        for (double each : expected) {
            largest = Math.max(largest, Math.abs(each));
        }
        double[] values = part(widen(actual), part, expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(values[i]).as("%s %d", what, i).isCloseTo(expected[i], within(tolerance * largest));
        }
    }

    private static double[] widen(Tensor tensor) {
        float[] floats = tensor.toFloats();
        double[] values = new double[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }

    private static double[] part(double[] all, int index, int count) {
        return java.util.Arrays.copyOfRange(all, index * count, (index + 1) * count);
    }
}
