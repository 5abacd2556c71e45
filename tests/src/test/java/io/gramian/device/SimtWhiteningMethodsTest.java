package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.backend.Whitening;
import io.gramian.backend.WhiteningMethod;
import io.gramian.reference.SliceReference;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ZCA, PCA and iterative whitening of the CUDA sources on the SIMT executor, against the float64 truth. */
class SimtWhiteningMethodsTest {
    private static final int STEPS = 5;

    private final Device device = DeviceUnderTest.get();

    /** One forward and one backward pass on a stream. */
    private final class Pass {
        final Guarded y;
        final Guarded w;
        final Guarded dx;
        final Tensor roots;

        Pass(Stream stream, String method, double[] x, double[] dy, int batch, int n, int d, float eps) {
            Whitening room = device.backend().whitening(stream);
            y = Guarded.of(device, batch, n, d);
            w = Guarded.of(device, batch, d, d);
            dx = Guarded.of(device, batch, n, d);
            roots = Tensor.empty(device, DType.FLOAT64, batch, d);
            Tensor given = Truth.tensor(device, x, batch, n, d);
            Tensor upstream = Truth.tensor(device, dy, batch, n, d);
            if (method.equals("ITERATIVE")) {
                room.whitenIterative(STEPS, given, eps, y.tensor(), w.tensor());
                room.whitenIterativeBackward(STEPS, given, w.tensor(), upstream, eps, dx.tensor());
                return;
            }
            WhiteningMethod kind = new WhiteningMethod(WhiteningMethod.Kind.valueOf(method), 0);
            room.whitenSpectral(kind, given, eps, y.tensor(), w.tensor(), roots);
            room.whitenSpectralBackward(kind, y.tensor(), w.tensor(), roots, upstream, eps, dx.tensor());
        }
    }

    private static SliceReference truth(String method) {
        return switch (method) {
            case "ZCA" -> SliceReference.ZCA;
            case "PCA" -> SliceReference.PCA;
            default -> SliceReference.iterative(STEPS);
        };
    }

    /** Columns of different spread, so that eigenvalues lie apart. */
    private static double[] spread(long seed, int batch, int n, int d) {
        double[] x = Truth.gaussian(seed, batch * n * d);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (x[i] * Math.pow(0.1, (double) (i % d) / d) + 3);
        }
        return x;
    }

    @ParameterizedTest
    @CsvSource({
        "ZCA,1,5,1,0",
        "ZCA,3,33,31,0.001",
        "ZCA,1,130,65,0",
        "ZCA,1,5,2,0.5",
        "PCA,1,5,1,0",
        "PCA,3,40,15,0",
        "PCA,1,130,33,0.001",
        "ITERATIVE,1,5,1,0",
        "ITERATIVE,3,33,31,0",
        "ITERATIVE,1,20,33,0",
        "ITERATIVE,1,130,65,0.1"
    })
    void agreeWithTheTruth(String method, int batch, int n, int d, float eps) {
        double[] x = spread(1000L * n + d, batch, n, d);
        double[] dy = Truth.gaussian(d, batch * n * d);
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, 3)) {
            Pass pass = new Pass(stream, method, x, dy, batch, n, d, eps);
            float[] values = pass.y.values();
            float[] gradients = pass.dx.values();
            pass.w.values();
            for (int b = 0; b < batch; b++) {
                double[] slice = part(x, b, n * d);
                double[] gradient = truth(method).gradient(slice, part(dy, b, n * d), n, d, eps);
                assertThat(Truth.error(part(values, b, n * d), truth(method).value(slice, n, d, eps)))
                        .as("y of slice %d", b)
                        .isLessThanOrEqualTo(2e-5);
                assertThat(Truth.error(part(gradients, b, n * d), gradient))
                        .as("dx of slice %d", b)
                        .isLessThanOrEqualTo(method.equals("PCA") ? 2e-4 : 5e-5);
            }
        }
    }

    /** Also where the triangle of the eigenproblem is in device memory: U U^T = I, and w S w^T = I. */
    @ParameterizedTest
    @CsvSource({"64", "181"})
    void eigenvectorsAreOrthogonalAndWhiten(int d) {
        int n = d + 60;
        double[] x = spread(d, 1, n, d);
        double[] s = SliceReference.covariance(x, n, d, 0);
        try (Scope scope = Scope.open()) {
            Tensor w = Tensor.empty(device, 1, d, d);
            Tensor roots = Tensor.empty(device, DType.FLOAT64, 1, d);
            Tensor y = Tensor.empty(device, 1, n, d);
            Whitening room = device.backend().whitening();
            room.whitenSpectral(WhiteningMethod.PCA, Truth.tensor(device, x, 1, n, d), 0, y, w, roots);
            double[] root = roots.toDoubles();
            double[] scaled = new double[d * d];
            float[] matrix = w.toFloats();
            for (int i = 0; i < d; i++) {
                assertThat(i == 0 || root[i] <= root[i - 1]).isTrue();
                for (int k = 0; k < d; k++) {
                    scaled[i * d + k] = matrix[i * d + k];
                }
            }
            double[] ws = SliceReference.product(false, scaled, false, s, d, d, d);
            double[] identity = SliceReference.product(false, ws, true, scaled, d, d, d);
            double[] orthogonal = SliceReference.product(false, scaled, true, scaled, d, d, d);
            for (int i = 0; i < d; i++) {
                for (int k = 0; k < d; k++) {
                    double one = i == k ? 1 : 0;
                    // w is rounded to float32
                    assertThat(Math.abs(identity[i * d + k] - one)).isLessThanOrEqualTo(2e-5);
                    assertThat(Math.abs(orthogonal[i * d + k] * root[i] * root[k] - one))
                            .isLessThanOrEqualTo(1e-5);
                }
            }
        }
    }

    @Test
    void equalEigenvaluesGiveFiniteGradients() {
        // four rows of a square: covariance 4/3 I
        double[] x = {1, 1, 1, -1, -1, 1, -1, -1};
        double[] dy = {1, 2, 3, 4, 5, 6, 7, 9};
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, 1)) {
            for (String method : new String[] {"ZCA", "PCA"}) {
                for (float each : new Pass(stream, method, x, dy, 1, 4, 2, 0).dx.values()) {
                    assertThat(each).as(method).isFinite();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ZCA", "PCA", "ITERATIVE"})
    void sameBitsWithEverySeed(String method) {
        double[] x = spread(4, 2, 40, 17);
        double[] dy = Truth.gaussian(8, 2 * 40 * 17);
        float[] first = null;
        for (long seed : new long[] {1, 1, 2}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                float[] dx = new Pass(stream, method, x, dy, 2, 40, 17, 0).dx.values();
                first = first == null ? dx : first;
                assertThat(dx).as("seed %d", seed).isEqualTo(first);
            }
        }
    }

    /** The sentences of the CPU. */
    @Tag("sync")
    @Test
    void slicesThatCannotBeWhitenedAreNamed() {
        double[] x = spread(9, 3, 20, 4);
        for (int i = 0; i < 20; i++) {
            x[(20 + i) * 4 + 2] = 5; // entry 1: column 2 is constant
        }
        try (Scope scope = Scope.open()) {
            for (String method : new String[] {"ZCA", "PCA"}) {
                fails(
                        method,
                        x,
                        0,
                        "whitening of batch entry 1: eigenvalue 0, mostly of column 2, is not positive: the "
                                + "covariance of 20 rows and 4 columns is singular; use a larger eps");
                assertThat(forward(method, x, 1e-3f).toFloats()).doesNotContain(Float.NaN); // shrinkage mends it
            }
            assertThat(forward("ITERATIVE", x, 0).toFloats()).doesNotContain(Float.NaN);
            Arrays.fill(x, 80, 160, 5);
            fails("ITERATIVE", x, 0, "whitening of batch entry 1: every column is constant");
            x[5 * 4 + 1] = Double.NaN;
            for (String method : new String[] {"ZCA", "PCA", "ITERATIVE"}) {
                fails(method, x, 0.1f, "whitening of batch entry 0: column 1: the slice has NaN or infinite values");
            }
        }
    }

    private Tensor forward(String method, double[] x, float eps) {
        Whitening room = device.backend().whitening();
        Tensor y = Tensor.empty(device, 3, 20, 4);
        Tensor given = Truth.tensor(device, x, 3, 20, 4);
        Tensor w = Tensor.empty(device, 3, 4, 4);
        if (method.equals("ITERATIVE")) {
            room.whitenIterative(STEPS, given, eps, y, w);
        } else {
            room.whitenSpectral(
                    new WhiteningMethod(WhiteningMethod.Kind.valueOf(method), 0),
                    given,
                    eps,
                    y,
                    w,
                    Tensor.empty(device, DType.FLOAT64, 3, 4));
        }
        return y;
    }

    private void fails(String method, double[] x, float eps, String message) {
        DeviceUnderTest.needsErrorsAtOnce(device);
        assertThatThrownBy(() -> forward(method, x, eps))
                .as(method)
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(message);
    }

    private static double[] part(double[] all, int index, int count) {
        return Arrays.copyOfRange(all, index * count, (index + 1) * count);
    }

    private static float[] part(float[] all, int index, int count) {
        return Arrays.copyOfRange(all, index * count, (index + 1) * count);
    }
}
