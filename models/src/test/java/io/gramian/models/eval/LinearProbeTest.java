package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.SoftmaxRegressionReference;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LinearProbeTest {
    private final Device device = Device.cpu();

    @Test
    void minimumAgreesWithPlainGradientDescentInFloat64() {
        Random random = new Random(3);
        int n = 90;
        int d = 4;
        int c = 3;
        double decay = 0.05;
        double[] x = random.doubles((long) n * d, -2, 2).map(v -> (float) v).toArray();
        int[] labels = random.ints(n, 0, c).toArray();
        double[] w = new double[d * c];
        double[] b = new double[c];
        double value = 0;
        for (int t = 0; t < 4000; t++) {
            SoftmaxRegressionReference.Result at = SoftmaxRegressionReference.at(x, labels, w, b, n, d, c);
            value = at.loss();
            for (int i = 0; i < w.length; i++) {
                value += decay / 2 * w[i] * w[i];
                w[i] -= 0.5 * (at.dw()[i] + decay * w[i]);
            }
            for (int j = 0; j < c; j++) {
                b[j] -= 0.5 * at.db()[j];
            }
        }
        try (Scope scope = Scope.open()) {
            float[] floats = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                floats[i] = (float) x[i];
            }
            SoftmaxFit fit = new SoftmaxFit(Tensor.of(device, floats, n, d), Tensor.ofInts(device, labels, n), c);
            assertThat(fit.minimise(decay, 200, 0)).isCloseTo(value, within(1e-6));
            double[] found = fit.parameters();
            for (int i = 0; i < w.length; i++) {
                assertThat(found[i]).as("weight %d", i).isCloseTo(w[i], within(2e-4));
            }
        }
    }

    @Test
    void lbfgsFindsTheMinimumOfABadlyScaledQuadratic() {
        double[] x = {5, -3, 2};
        double[] curvature = {1, 100, 1e4};
        double value = new Lbfgs(200, 0)
                .minimise(
                        (at, gradient) -> {
                            double sum = 0;
                            for (int i = 0; i < at.length; i++) {
                                gradient[i] = curvature[i] * (at[i] - i);
                                sum += curvature[i] * (at[i] - i) * (at[i] - i) / 2;
                            }
                            return sum;
                        },
                        x);
        assertThat(value).isCloseTo(0, within(1e-12));
        assertThat(x).containsExactly(new double[] {0, 1, 2}, within(1e-6));
    }

    @Test
    void separatesGaussianClassesAboutAsWellAsTheBestRule() {
        // classes at distance 3: the best rule is right with probability Phi(1.5) = 0.9332
        try (Scope scope = Scope.open()) {
            int[] trainLabels = alternating(4000);
            int[] testLabels = alternating(4000);
            Tensor train = gaussians(1, trainLabels);
            Tensor test = gaussians(2, testLabels);
            LinearProbe.Result result = LinearProbe.evaluate(train, trainLabels, test, testLabels, 2);
            assertThat(result.accuracy()).isBetween(0.92, 0.95);
            assertThat(LinearProbe.evaluate(train, trainLabels, test, testLabels, 2))
                    .isEqualTo(result);
        }
    }

    @Test
    void scaleAndShiftOfAFeatureDoNotMatter() {
        try (Scope scope = Scope.open()) {
            int[] labels = alternating(600);
            Tensor z = gaussians(4, labels);
            float[] moved = z.toFloats();
            for (int i = 0; i < moved.length; i++) {
                moved[i] = moved[i] * 1000 + 5000;
            }
            double plain = LinearProbe.evaluate(z, labels, z, labels, 2).accuracy();
            Tensor other = Tensor.of(device, moved, 600, 5);
            assertThat(LinearProbe.evaluate(other, labels, other, labels, 2).accuracy())
                    .isCloseTo(plain, within(0.005));
        }
    }

    @Test
    void constantFeaturesGiveTheMostFrequentClassAndNanIsRefused() {
        try (Scope scope = Scope.open()) {
            int[] labels = new int[100];
            labels[3] = 1;
            Tensor flat = Tensor.empty(device, 100, 2).fill(7);
            assertThat(LinearProbe.evaluate(flat, labels, flat, labels, 2).accuracy())
                    .isCloseTo(0.99, within(1e-9));
            Tensor bad = Tensor.empty(device, 100, 2).fill(Float.NaN);
            assertThatThrownBy(() -> LinearProbe.evaluate(bad, labels, bad, labels, 2))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("expected finite features");
            assertThatThrownBy(() -> LinearProbe.evaluate(flat, labels, Tensor.zeros(device, 2, 3), new int[2], 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("test: expected shape (2, 2), got (2, 3)");
        }
    }

    private static int[] alternating(int n) {
        int[] labels = new int[n];
        for (int i = 0; i < n; i++) {
            labels[i] = i % 2;
        }
        return labels;
    }

    private Tensor gaussians(long seed, int[] labels) {
        Random random = new Random(seed);
        float[] values = new float[labels.length * 5];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() + (i % 5 == 2 ? 3 * labels[i / 5] : 0));
        }
        return Tensor.of(device, values, labels.length, 5);
    }
}
