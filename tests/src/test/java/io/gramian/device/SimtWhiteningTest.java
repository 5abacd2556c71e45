package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Whitening;
import io.gramian.reference.WhiteningReference;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cholesky whitening of the CUDA sources on the SIMT executor, against the float64 truth. */
class SimtWhiteningTest {
    private final Device device = Device.simt();

    @ParameterizedTest
    @CsvSource({"1,5,1,0", "3,9,4,0.1", "2,33,31,0.001", "1,129,33,0", "2,127,64,0.001", "1,257,129,0", "1,230,205,0.01"
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
    @Test
    void theCovarianceIsTheIdentity() {
        int n = 100;
        int d = 40;
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

    @Test
    void aSingularSliceIsNamed() {
        double[] x = Truth.gaussian(1, 2 * 8 * 3);
        for (int r = 0; r < 8; r++) {
            x[24 + 3 * r + 2] = x[24 + 3 * r]; // the third column of the second slice repeats its first
        }
        try (Scope scope = Scope.open()) {
            Tensor y = Tensor.empty(device, 2, 8, 3);
            Tensor w = Tensor.empty(device, 2, 3, 3);
            assertThatThrownBy(() -> device.backend().whitening().whiten(Truth.tensor(device, x, 2, 8, 3), 0, y, w))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("whitening of batch entry 1: pivot ")
                    .hasMessageContaining("of column 2 is not positive");
            assertThat(part(y.toFloats(), 1, 24)).containsOnly(Float.NaN);
            assertThat(part(y.toFloats(), 0, 24)).doesNotContain(Float.NaN);
        }
    }

    private static float[] part(float[] all, int index, int length) {
        return Arrays.copyOfRange(all, index * length, (index + 1) * length);
    }
}
