package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.backend.Whitening;
import io.gramian.reference.WhiteningReference;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cholesky whitening of the CUDA sources on the SIMT executor, against the float64 truth. */
class SimtWhiteningTest {
    private final Device device = DeviceUnderTest.get();

    @ParameterizedTest
    @CsvSource({
        "1,5,1,0",
        "3,9,4,0.1",
        "2,33,31,0.001",
        "1,129,33,0",
        "2,127,64,0.001",
        "1,97,96,0.01",
        "1,257,128,0",
        "1,257,129,0",
        "1,230,205,0.01",
        "1,1030,7,0"
    })
    void agreesWithTheTruth(int batch, int n, int d, float eps) {
        double[] x = Truth.gaussian(n, batch * n * d);
        double[] dy = Truth.gaussian(d, batch * n * d);
        Whitening whitening = device.backend().whitening();
        try (Scope scope = Scope.open()) {
            Guarded y = Guarded.of(device, batch, n, d);
            Guarded w = Guarded.of(device, batch, d, d);
            Guarded dx = Guarded.of(device, batch, n, d);
            whitening.whiten(Truth.tensor(device, x, batch, n, d), eps, y.tensor(), w.tensor());
            whitening.whitenBackward(y.tensor(), w.tensor(), Truth.tensor(device, dy, batch, n, d), eps, dx.tensor());
            float[] values = y.values();
            float[] gradients = dx.values();
            float[] matrices = w.values();
            for (int b = 0; b < batch; b++) {
                double[] slice = Arrays.copyOfRange(x, b * n * d, (b + 1) * n * d);
                double[] upstream = Arrays.copyOfRange(dy, b * n * d, (b + 1) * n * d);
                assertThat(Truth.error(part(values, b, n * d), WhiteningReference.value(slice, n, d, eps)))
                        .as("y of slice %d", b)
                        .isLessThanOrEqualTo(2e-5);
                assertThat(Truth.error(
                                part(gradients, b, n * d), WhiteningReference.gradient(slice, upstream, n, d, eps)))
                        .as("dx of slice %d", b)
                        .isLessThanOrEqualTo(5e-5);
                for (int i = 0; i < d; i++) {
                    for (int k = i + 1; k < d; k++) {
                        assertThat(matrices[b * d * d + i * d + k]).isEqualTo(0f);
                    }
                }
            }
        }
    }

    /** What is whitened has the covariance I: with eps 0, Y^T Y = (n - 1) I. */
    @ParameterizedTest
    @CsvSource({"100,40", "256,128", "300,140"})
    void theCovarianceIsTheIdentity(int n, int d) {
        double[] x = Truth.gaussian(5, n * d);
        for (int k = 0; k < x.length; k++) {
            x[k] = (float) (x[k] * Math.pow(500, -(k % d) / (double) d)); // condition 500
        }
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, 1, n, d);
            device.backend().whitening().whiten(Truth.tensor(device, x, 1, n, d), 0, y, Tensor.empty(device, 1, d, d));
            float[] values = y.toFloats();
            for (int i = 0; i < d; i++) {
                for (int j = 0; j <= i; j++) {
                    double sum = 0;
                    for (int r = 0; r < n; r++) {
                        sum += (double) values[r * d + i] * values[r * d + j];
                    }
                    assertThat(Math.abs(sum / (n - 1) - (i == j ? 1 : 0))).isLessThanOrEqualTo(1e-5);
                }
            }
        }
    }

    /** Two rows more than columns: the gradient keeps four digits. */
    @ParameterizedTest
    @CsvSource({"31", "100"})
    void nearlySingularSlicesKeepFourDigits(int d) {
        int n = d + 2;
        double[] x = Truth.gaussian(d, n * d);
        double[] dy = Truth.gaussian(d + 1, n * d);
        Whitening whitening = device.backend().whitening();
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, 1, n, d);
            Tensor w = Tensor.empty(device, 1, d, d);
            Tensor dx = Truth.tensor(device, dy, 1, n, d);
            whitening.whiten(Truth.tensor(device, x, 1, n, d), 0, y, w);
            whitening.whitenBackward(y, w, dx, 0, dx); // in place
            assertThat(Truth.error(y.toFloats(), WhiteningReference.value(x, n, d, 0)))
                    .isLessThanOrEqualTo(1e-4);
            assertThat(Truth.error(dx.toFloats(), WhiteningReference.gradient(x, dy, n, d, 0)))
                    .isLessThanOrEqualTo(3e-4);
        }
    }

    @Test
    void sameBitsWithEverySeed() {
        double[] x = Truth.gaussian(4, 2 * 70 * 50);
        double[] dy = Truth.gaussian(5, 2 * 70 * 50);
        float[] first = null;
        for (long seed : new long[] {1, 1, 2}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                Whitening whitening = device.backend().whitening(stream);
                Tensor y = Tensor.empty(device, 2, 70, 50);
                Tensor w = Tensor.empty(device, 2, 50, 50);
                Tensor dx = Tensor.empty(device, 2, 70, 50);
                whitening.whiten(Truth.tensor(device, x, 2, 70, 50), 0.01f, y, w);
                whitening.whitenBackward(y, w, Truth.tensor(device, dy, 2, 70, 50), 0.01f, dx);
                first = first == null ? dx.toFloats() : first;
                assertThat(dx.toFloats()).as("seed %d", seed).isEqualTo(first);
            }
        }
    }

    /** In one kernel and in steps; the third column of the second slice repeats its first, or is NaN. */
    @Tag("sync")
    @ParameterizedTest
    @CsvSource({"8,3", "150,140"})
    void aSliceThatCannotBeWhitenedIsNamed(int n, int d) {
        double[] x = Truth.gaussian(1, 2 * n * d);
        for (int r = 0; r < n; r++) {
            x[(n + r) * d + 2] = x[(n + r) * d];
        }
        try (Scope scope = Scope.open()) {
            refuses(x, n, d, "whitening of batch entry 1: pivot ", "of column 2 is not positive: the covariance of ");
            x[(n + 4) * d + 2] = Double.NaN;
            refuses(x, n, d, "whitening of batch entry 1: pivot ", "of column 2: the slice has NaN or infinite values");
        }
    }

    private void refuses(double[] x, int n, int d, String start, String middle) {
        DeviceUnderTest.needsErrorsAtOnce(device);
        Tensor y = Tensor.zeros(device, 2, n, d);
        Tensor w = Tensor.zeros(device, 2, d, d);
        assertThatThrownBy(() -> device.backend().whitening().whiten(Truth.tensor(device, x, 2, n, d), 0, y, w))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(start)
                .hasMessageContaining(middle);
        assertThat(part(y.toFloats(), 1, n * d)).containsOnly(Float.NaN);
        assertThat(part(w.toFloats(), 1, d * d)).contains(Float.NaN);
        assertThat(part(y.toFloats(), 0, n * d)).doesNotContain(Float.NaN);
    }

    /** More columns than rows: singular without shrinkage, well with it. */
    @Tag("sync")
    @Test
    void moreDimensionsThanSamples() {
        DeviceUnderTest.needsErrorsAtOnce(device);
        double[] x = Truth.gaussian(2, 10 * 65);
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, 1, 10, 65);
            Tensor w = Tensor.empty(device, 1, 65, 65);
            Tensor tensor = Truth.tensor(device, x, 1, 10, 65);
            assertThatThrownBy(() -> device.backend().whitening().whiten(tensor, 0, y, w))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("is not positive: the covariance of 10 rows and 65 columns is singular")
                    .hasMessageContaining("use a larger eps");
            device.backend().whitening().whiten(tensor, 0.1f, y, w);
            assertThat(Truth.error(y.toFloats(), WhiteningReference.value(x, 10, 65, 0.1f)))
                    .isLessThanOrEqualTo(2e-5);
        }
    }

    private static float[] part(float[] all, int index, int length) {
        return Arrays.copyOfRange(all, index * length, (index + 1) * length);
    }
}
