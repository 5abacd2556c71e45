package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Backend;
import io.gramian.backend.Guarded;
import io.gramian.reference.NegativeCosineReference;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SimSiam, BYOL and the negative cosine below them. */
class PredictiveLossTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    /** cos((3, 4), (4, 3)) = 24/25; cos((0, 2), (0, -1)) = -1. */
    @Test
    void oneRowByHand() {
        List<Tensor> predictions = List.of(row(3, 4), row(0, 2));
        List<Tensor> targets = List.of(row(0, -1), row(4, 3));
        assertThat(SimSiam.defaults().value(predictions, targets)).isCloseTo(-(0.96 - 1) / 2, within(1e-7));
        List<Tensor> gradients = List.of(row(9, 9), row(9, 9));
        assertThat(Byol.defaults().valueAndGradient(predictions, targets, gradients))
                .isCloseTo(4 - 2 * 0.96 + 2, within(1e-6));
        // -2 (z/|z| - cos p/|p|) / |p| = -2 ((0.8, 0.6) - 0.96 (0.6, 0.8)) / 5
        assertClose(gradients.get(0), new double[] {-0.0896, 0.0672});
        assertClose(gradients.get(1), new double[] {0, 0});
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,31", "2,33", "31,127", "33,129", "129,257", "257,2"})
    void agreeWithTheTruth(int n, int d) {
        double[] p1 = Batches.random(1, n, d);
        double[] p2 = Batches.random(2, n, d);
        double[] z1 = Batches.view(p1, 3);
        double[] z2 = Batches.view(p2, 4);
        List<Tensor> predictions = List.of(Batches.tensor(p1, n, d), Batches.tensor(p2, n, d));
        List<Tensor> targets = List.of(Batches.tensor(z1, n, d), Batches.tensor(z2, n, d));
        double one = NegativeCosineReference.value(p1, z2, n, d, 1e-8);
        double other = NegativeCosineReference.value(p2, z1, n, d, 1e-8);
        Guarded d1 = new Guarded(n, d);
        Guarded d2 = new Guarded(n, d);
        double loss = SimSiam.defaults().valueAndGradient(predictions, targets, List.of(d1.tensor(), d2.tensor()));
        assertThat(loss).isCloseTo((one + other) / 2, within(1e-7));
        assertThat(SimSiam.defaults().value(predictions, targets)).isEqualTo(loss);
        assertGradient(d1.tensor(), NegativeCosineReference.gradient(p1, z2, n, d, 1e-8), 0.5);
        assertGradient(d2.tensor(), NegativeCosineReference.gradient(p2, z1, n, d, 1e-8), 0.5);
        double byol = Byol.defaults().valueAndGradient(predictions, targets, List.of(d1.tensor(), d2.tensor()));
        assertThat(byol).isCloseTo(4 + 2 * one + 2 * other, within(2e-7));
        assertGradient(d1.tensor(), NegativeCosineReference.gradient(p1, z2, n, d, 1e-12), 2);
        d1.assertBandsUntouched();
        d2.assertBandsUntouched();
    }

    @Test
    void lengthsAndRotationsChangeNothing() {
        int n = 6;
        int d = 5;
        double[] p = Batches.random(5, n, d);
        double[] z = Batches.random(6, n, d);
        double value = cosine(p, z, n, d);
        double[] q = p.clone();
        double[] w = z.clone();
        for (int i = 0; i < n; i++) {
            turn(q, i * d, 1, 3);
            turn(w, i * d, 1, 3);
            for (int k = 0; k < d; k++) {
                q[i * d + k] *= 1 + i;
            }
        }
        assertThat(cosine(q, w, n, d)).isCloseTo(value, within(1e-6));
    }

    @Test
    void zeroRowsGetNoGradientAndNanShows() {
        Tensor p = Tensor.of(device, new float[] {0, 0, 1, 2, 3, 4}, 3, 2);
        Tensor z = Tensor.of(device, new float[] {1, 1, 0, 0, 3, 4}, 3, 2);
        Tensor dp = Tensor.empty(device, 3, 2).fill(Float.NaN);
        assertThat(device.backend()
                        .predictive()
                        .negativeCosine(p, z, 1e-8f, 1, dp)
                        .value())
                .isCloseTo(-1.0 / 3, within(1e-7));
        assertThat(dp.rows(0, 2).toFloats()).containsOnly(0f);
        p.copyFrom(new float[] {0, 0, Float.NaN, 2, 3, 4});
        assertThat(device.backend()
                        .predictive()
                        .negativeCosine(p, z, 1e-8f, 1, dp)
                        .value())
                .isNaN();
        assertThat(dp.rows(1, 2).toFloats()).containsOnly(Float.NaN);
        assertThat(dp.rows(0, 1).toFloats()).containsOnly(0f);
    }

    @Test
    void sameBitsWithAnyNumberOfThreads() {
        Tensor p = Batches.tensor(Batches.random(7, 301, 65), 301, 65);
        Tensor z = Batches.tensor(Batches.random(8, 301, 65), 301, 65);
        double once = bits(Guarded.threads(1), p, z);
        assertThat(bits(Guarded.threads(2), p, z)).isEqualTo(once);
        assertThat(bits(Guarded.threads(5), p, z)).isEqualTo(once);
    }

    private static double bits(Backend backend, Tensor p, Tensor z) {
        return backend.predictive().negativeCosine(p, z, 1e-8f, 1, null).value();
    }

    @Test
    void refuseWhatTheyCannotDo() {
        Tensor z = Tensor.zeros(device, 4, 3);
        Tensor other = Tensor.zeros(device, 3, 4);
        Tensor empty = Tensor.zeros(device, 0, 3);
        PredictiveLoss loss = SimSiam.defaults();
        refuses(() -> new SimSiam(0), "eps: expected a finite number above 0, got 0.0");
        refuses(() -> new Byol(Float.NaN), "eps: expected a finite number above 0, got NaN");
        refuses(() -> loss.value(List.of(z), List.of(z)), "simsiam: expected 2 predictions and 2 targets, got 1 and 1");
        refuses(
                () -> loss.value(List.of(z, other), List.of(z, z)),
                "predictions[1]: expected the shape of predictions[0] (4, 3), got (3, 4)");
        refuses(
                () -> loss.value(List.of(z, z), List.of(z, other)),
                "targets[1]: expected the shape of predictions[0] (4, 3), got (3, 4)");
        refuses(() -> loss.value(List.of(empty, empty), List.of(empty, empty)), "rows of p: expected at least 1");
        refuses(
                () -> loss.valueAndGradient(List.of(z, z), List.of(z, z), List.of(z.copy())),
                "simsiam: expected 2 gradients, one per prediction, got 1");
        refuses(
                () -> loss.valueAndGradient(List.of(z, z), List.of(z, z), List.of(z.copy(), z)),
                "gradients[1] overlaps predictions[0]");
        Tensor dz = z.copy();
        refuses(
                () -> loss.valueAndGradient(List.of(z, z), List.of(z, z), List.of(dz, dz)),
                "gradients[1] overlaps gradients[0]");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private double cosine(double[] p, double[] z, int n, int d) {
        return device.backend()
                .predictive()
                .negativeCosine(Batches.tensor(p, n, d), Batches.tensor(z, n, d), 1e-8f, 1, null)
                .value();
    }

    private static void turn(double[] z, int row, int a, int b) {
        double c = Math.cos(0.7);
        double s = Math.sin(0.7);
        double x = z[row + a];
        z[row + a] = c * x - s * z[row + b];
        z[row + b] = s * x + c * z[row + b];
    }

    private Tensor row(float... values) {
        return Tensor.of(device, values, 1, values.length);
    }

    private static void assertClose(Tensor actual, double[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual.toFloats()[i]).isCloseTo(expected[i], within(1e-6));
        }
    }

    private static void assertGradient(Tensor actual, double[] truth, double weight) {
        long d = actual.shape().size(1);
        float[] values = actual.toFloats();
        double largest = d == 1 ? 1 : 0; // a row of one number has no direction to turn to: 0 up to rounding
        for (double each : truth) {
            largest = Math.max(largest, Math.abs(weight * each));
        }
        for (int i = 0; i < truth.length; i++) {
            assertThat((double) values[i]).as("entry %d", i).isCloseTo(weight * truth[i], within(2e-6 * largest));
        }
    }
}
