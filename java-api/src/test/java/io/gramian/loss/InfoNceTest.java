package io.gramian.loss;

import static io.gramian.loss.Batches.random;
import static io.gramian.loss.Batches.tensor;
import static io.gramian.loss.Batches.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.InfoNceReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What InfoNCE and its relatives have to themselves: values by hand, the temperature's gradient, bad settings. */
class InfoNceTest {
    private final Device device = Device.cpu();

    @Test
    void twoOrthogonalImagesByHand() {
        // u = e1, e2 in both views; temperature 1: a row sees its partner at 1 and one negative at 0
        double infoNce = Math.log(Math.E + 1) - 1;
        try (Scope scope = Scope.open()) {
            double[] z = {2, 0, 0, 3};
            List<Tensor> views = List.of(tensor(z, 2, 2), tensor(z, 2, 2));
            assertThat(new InfoNce(1, true, true).value(views)).isCloseTo(infoNce, within(1e-6));
            assertThat(new InfoNce(1, true, false).value(views)).isCloseTo(infoNce, within(1e-6));
            // lengths count: logits 4 and 0, 9 and 0
            double raw = (Math.log1p(Math.exp(-4)) + Math.log1p(Math.exp(-9))) / 2;
            assertThat(new InfoNce(1, false, false).value(views)).isCloseTo(raw, within(1e-7));
            // two negatives at 0, and the positive at 1 left out
            Dcl dcl = new Dcl(1, false, 1, Dcl.Form.LIGHTLY);
            assertThat(dcl.value(views)).isCloseTo(Math.log(2) - 1, within(1e-6));
            // equal positives have weight 1
            assertThat(new Dcl(1, true, 1, Dcl.Form.LIGHTLY).value(views)).isCloseTo(Math.log(2) - 1, within(1e-6));
            UnsignedContrastive square =
                    new UnsignedContrastive(1, UnsignedContrastive.Similarity.SQUARE, false, false);
            assertThat(square.value(views)).isCloseTo(Math.log(Math.E + 2) - 1, within(1e-6));
            assertThat(new SpectralContrastive(1).value(views)).isCloseTo(-2, within(1e-6));
            // three views of each: two positives at 1 in the numerator, two and three negatives at 0 below
            List<Tensor> three = List.of(tensor(z, 2, 2), tensor(z, 2, 2), tensor(z, 2, 2));
            assertThat(new MultiViewNtXent(1).value(three))
                    .isCloseTo(Math.log((2 * Math.E + 3) / (2 * Math.E)), within(1e-6));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,3,0.2", "4,3,0.5", "33,31,0.1", "129,20,0.07", "129,20,0.01", "257,64,1"})
    void theGradientOfTheTemperature(int n, int d, float temperature) {
        double[] a = random(n, n, d);
        double[] b = view(a, n + 1);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(tensor(a, n, d), tensor(b, n, d));
            List<Tensor> gradients = List.of(Tensor.empty(device, n, d), Tensor.empty(device, n, d));
            for (boolean normalized : new boolean[] {true, false}) {
                for (boolean symmetric : new boolean[] {true, false}) {
                    double truth = InfoNceReference.logScaleGradient(a, b, n, d, temperature, normalized, symmetric);
                    double h = 1e-5;
                    double above = loss(a, b, n, d, temperature * Math.exp(-h), normalized, symmetric);
                    double below = loss(a, b, n, d, temperature * Math.exp(h), normalized, symmetric);
                    assertThat(truth).isCloseTo((above - below) / (2 * h), within(1e-5 * (1 + Math.abs(truth))));
                    InfoNce.Result result =
                            new InfoNce(temperature, normalized, symmetric).valueAndGradients(views, gradients);
                    assertThat(result.logScaleGradient())
                            .isCloseTo(truth, within(1e-5 / temperature * (1e-3 + Math.abs(truth))));
                }
            }
        }
    }

    private static double loss(
            double[] a, double[] b, int n, int d, double temperature, boolean normalized, boolean symmetric) {
        return InfoNceReference.valueAndGradients(a, b, n, d, temperature, normalized, symmetric)
                .loss();
    }

    @Test
    void logitsBeyondFloat32DoNotOverflow() {
        int n = 20;
        int d = 8;
        double[] a = random(1, n, d);
        double[] b = view(a, 2);
        for (int k = 0; k < n * d; k++) {
            a[k] *= 1024;
            b[k] *= 1024;
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(tensor(a, n, d), tensor(b, n, d));
            List<Tensor> gradients = List.of(Tensor.empty(device, n, d), Tensor.empty(device, n, d));
            double truth = loss(a, b, n, d, 1e-3f, false, true);
            double loss = new InfoNce(1e-3f, false, true).valueAndGradient(views, gradients);
            assertThat(loss).isCloseTo(truth, within(1e-5 * (1 + truth) * 1000));
            for (Tensor gradient : gradients) {
                for (float each : gradient.toFloats()) {
                    assertThat(each).isFinite();
                }
            }
            // the smallest temperature: a hard choice, still finite
            assertThat(new InfoNce(1e-30f, true, true).valueAndGradient(views, gradients))
                    .isFinite();
            assertThat(gradients.get(0).toFloats()).doesNotContain(Float.NaN);
            assertThat(new MultiViewNtXent(1e-30f).value(views)).isFinite();
            assertThat(new Dcl(1e-30f, false, 1, Dcl.Form.LIGHTLY).value(views)).isFinite();
        }
    }

    @Test
    void badSettingsAreNamed() {
        String temperature = "temperature: expected a finite number above 0, got ";
        for (float bad : new float[] {0, -0.1f, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertRefused(() -> new InfoNce(bad, true, true), temperature + (double) bad);
            assertRefused(() -> new MultiViewNtXent(bad), temperature + (double) bad);
            assertRefused(() -> new Dcl(bad, false, 1, Dcl.Form.LIGHTLY), temperature + (double) bad);
            assertRefused(
                    () -> new UnsignedContrastive(bad, UnsignedContrastive.Similarity.SQUARE, false, false),
                    temperature + (double) bad);
            assertRefused(
                    () -> new SpectralContrastive(bad), "mu: expected a finite number above 0, got " + (double) bad);
        }
        assertRefused(() -> new Dcl(1, true, 0, Dcl.Form.LIGHTLY), "sigma: expected a finite number above 0, got 0.0");
        assertRefused(
                () -> new InfoNce(1e-31f, true, true),
                "temperature: expected a number from 1e-30 to 1e30, got " + (double) 1e-31f
                        + "; beyond, quotients leave the range of float32");
        try (Scope scope = Scope.open()) {
            List<Tensor> one = List.of(Tensor.zeros(device, 1, 3), Tensor.zeros(device, 1, 3));
            String alone =
                    "za: expected at least 2 rows, got 1; one image has no negatives, and this loss is not defined"
                            + " without them";
            assertRefused(() -> Dcl.defaults().value(one), alone);
            assertRefused(() -> SpectralContrastive.defaults().value(one), alone);
            assertRefused(
                    () -> new UnsignedContrastive(1, UnsignedContrastive.Similarity.ABSOLUTE, true, false).value(one),
                    alone);
        }
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
