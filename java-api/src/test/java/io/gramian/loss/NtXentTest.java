package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.NtXentReference;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NtXentTest {
    private final Device device = Device.cpu();

    @Test
    void twoOrthogonalImagesByHand() {
        // u = e1, e2, e1, e2; temperature 1: each row sees its positive at 1 and two negatives at 0
        float[] z = {2, 0, 0, 3};
        double loss = Math.log(Math.E + 2) - 1;
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Tensor.of(device, z, 2, 2), Tensor.of(device, z, 2, 2));
            assertThat(new NtXent(1).value(views)).isCloseTo(loss, within(1e-7));
            List<Tensor> gradients = nan(2, 2, 2);
            assertThat(new NtXent(1).valueAndGradient(views, gradients)).isCloseTo(loss, within(1e-7));
            // du_1 = 1/4 sum_j W_1j u_j + ... : across u_1 only e2 acts, with 4 times the negative's probability
            double across = 4 * (1 / (Math.E + 2)) / 4;
            assertThat(gradients.get(0).toFloats())
                    .containsExactly(new float[] {0, (float) (across / 2), (float) (across / 3), 0}, within(1e-7f));
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.0, 0.2, 0.03})
    void theTruthAgreesWithFiniteDifferences(double temperature) {
        int n = 4;
        int d = 5;
        double[][] z = {gaussian(1, n * d), gaussian(2, n * d)};
        double[][] dz = NtXentReference.gradient(z[0], z[1], n, d, temperature);
        double step = 1e-6;
        for (int view = 0; view < 2; view++) {
            for (int k = 0; k < n * d; k++) {
                double kept = z[view][k];
                z[view][k] = kept + step;
                double above = NtXentReference.value(z[0], z[1], n, d, temperature);
                z[view][k] = kept - step;
                double below = NtXentReference.value(z[0], z[1], n, d, temperature);
                z[view][k] = kept;
                assertThat(dz[view][k]).isCloseTo((above - below) / (2 * step), within(1e-7));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1,3,0.5",
        "2,1,0.5",
        "16,8,0.2",
        "17,5,0.02",
        "31,33,0.1",
        "33,127,0.5",
        "64,64,0.07",
        "127,129,0.1",
        "129,16,0.01",
        "257,31,0.2",
        "300,128,0.5",
        "1030,12,0.1"
    })
    void agreesWithTheTruth(int n, int d, float temperature) {
        double[] za = gaussian(n, n * d);
        double[] zb = mix(za, gaussian(n + 1, n * d));
        double loss = NtXentReference.value(za, zb, n, d, temperature);
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(tensor(za, n, d), tensor(zb, n, d));
            List<Tensor> gradients = nan(2, n, d);
            NtXent ntXent = new NtXent(temperature);
            double bound = 2e-6 * (1 + 0.1 / temperature);
            assertThat(ntXent.valueAndGradient(views, gradients)).isCloseTo(loss, within(bound * (1 + loss)));
            assertThat(ntXent.value(views)).isCloseTo(loss, within(bound * (1 + loss)));
            for (int view = 0; view < 2; view++) {
                assertClose(gradients.get(view), dz[view], 5 * bound);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0.005f, 0.0229f, 0.0231f, 0.1f})
    void nearlyPerfectPairsKeepTheirDigits(float temperature) {
        int n = 40;
        int d = 3;
        double[] za = gaussian(5, n * d);
        double[] zb = floats(IntStream.range(0, n * d)
                .mapToDouble(k -> za[k] * (1 + 1e-3 * (k % 3)))
                .toArray());
        double loss = NtXentReference.value(za, zb, n, d, temperature);
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = nan(2, n, d);
            double value =
                    new NtXent(temperature).valueAndGradient(List.of(tensor(za, n, d), tensor(zb, n, d)), gradients);
            assertThat(value).isCloseTo(loss, within(1e-6 / temperature * loss));
            assertClose(gradients.get(0), dz[0], 1e-6 / temperature);
        }
    }

    @Test
    void fourViewsAreTheMeanOverPairs() {
        int n = 9;
        int d = 6;
        double[][] z = IntStream.range(0, 4).mapToObj(v -> gaussian(v, n * d)).toArray(double[][]::new);
        double loss = 0;
        double[][] expected = new double[4][n * d];
        for (int a = 0; a < 4; a++) {
            for (int b = a + 1; b < 4; b++) {
                loss += NtXentReference.value(z[a], z[b], n, d, 0.5) / 6;
                double[][] dz = NtXentReference.gradient(z[a], z[b], n, d, 0.5);
                for (int k = 0; k < n * d; k++) {
                    expected[a][k] += dz[0][k] / 6;
                    expected[b][k] += dz[1][k] / 6;
                }
            }
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> views =
                    IntStream.range(0, 4).mapToObj(v -> tensor(z[v], n, d)).toList();
            List<Tensor> gradients = nan(4, n, d);
            assertThat(NtXent.defaults().valueAndGradient(views, gradients)).isCloseTo(loss, within(1e-6));
            assertThat(NtXent.defaults().value(views)).isCloseTo(loss, within(1e-6));
            for (int v = 0; v < 4; v++) {
                assertClose(gradients.get(v), expected[v], 1e-5);
            }
        }
    }

    @Test
    void permutedSwappedRotatedAndScaledViewsGiveTheSameLoss() {
        int n = 50;
        int d = 24;
        double[] za = gaussian(3, n * d);
        double[] zb = gaussian(4, n * d);
        try (Scope scope = Scope.open()) {
            Tensor a = tensor(za, n, d);
            Tensor b = tensor(zb, n, d);
            NtXent ntXent = new NtXent(0.2f);
            double loss = ntXent.value(List.of(a, b));
            assertThat(ntXent.value(List.of(b, a))).isCloseTo(loss, within(1e-6));
            Tensor ra = tensor(reversed(za, n, d), n, d);
            Tensor rb = tensor(reversed(zb, n, d), n, d);
            assertThat(ntXent.value(List.of(ra, rb))).isCloseTo(loss, within(1e-6));
            Tensor ta = tensor(rotated(za, n, d), n, d);
            Tensor tb = tensor(rotated(zb, n, d), n, d);
            assertThat(ntXent.value(List.of(ta, tb))).isCloseTo(loss, within(2e-6));
            double[] huge =
                    IntStream.range(0, n * d).mapToDouble(k -> za[k] * 1e15).toArray();
            assertThat(ntXent.value(List.of(tensor(huge, n, d), b))).isCloseTo(loss, within(1e-6));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0.2f, 0.01f})
    void aZeroRowGetsAZeroGradient(float temperature) {
        int n = 5;
        int d = 4;
        double[] za = gaussian(8, n * d);
        double[] zb = gaussian(9, n * d);
        for (int k = 0; k < d; k++) {
            za[2 * d + k] = 0;
        }
        double[][] dz = NtXentReference.gradient(za, zb, n, d, temperature);
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = nan(2, n, d);
            double loss =
                    new NtXent(temperature).valueAndGradient(List.of(tensor(za, n, d), tensor(zb, n, d)), gradients);
            assertThat(loss).isCloseTo(NtXentReference.value(za, zb, n, d, temperature), within(1e-4));
            assertThat(gradients.get(0).rows(2, 3).toFloats()).containsOnly(0f);
            assertClose(gradients.get(0), dz[0], 1e-4);
            assertClose(gradients.get(1), dz[1], 1e-4);
        }
    }

    @ParameterizedTest
    @CsvSource({"NaN,0.2", "Infinity,0.2", "NaN,0.01", "-Infinity,0.01"})
    void whatIsNoNumberIsNotHidden(float bad, float temperature) {
        double[] za = gaussian(8, 40);
        za[17] = bad;
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(tensor(za, 10, 4), tensor(gaussian(9, 40), 10, 4));
            List<Tensor> gradients = List.of(Tensor.zeros(device, 10, 4), Tensor.zeros(device, 10, 4));
            assertThat(new NtXent(temperature).valueAndGradient(views, gradients))
                    .isNaN();
            assertThat(new NtXent(temperature).value(views)).isNaN();
            assertThat(gradients.get(0).toFloats()).containsOnly(Float.NaN);
        }
    }

    @Test
    void noImageAndOneImageCostNothing() {
        try (Scope scope = Scope.open()) {
            List<Tensor> none = List.of(Tensor.zeros(device, 0, 4), Tensor.zeros(device, 0, 4));
            assertThat(NtXent.defaults().valueAndGradient(none, nan(2, 0, 4))).isEqualTo(0);
            List<Tensor> one = List.of(tensor(gaussian(1, 4), 1, 4), tensor(gaussian(2, 4), 1, 4));
            List<Tensor> gradients = nan(2, 1, 4);
            assertThat(NtXent.defaults().valueAndGradient(one, gradients)).isEqualTo(0);
            assertThat(gradients.get(0).toFloats()).containsOnly(0f);
            assertThat(new NtXent(0.001f).value(one)).isEqualTo(0);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertRefused(() -> new NtXent(0), "temperature: expected a finite number above 0, got 0.0");
        assertRefused(() -> new NtXent(Float.NaN), "temperature: expected a finite number above 0, got NaN");
        NtXent loss = NtXent.defaults();
        try (Scope scope = Scope.open()) {
            Tensor a = Tensor.zeros(device, 3, 2);
            Tensor b = Tensor.zeros(device, 3, 2);
            Tensor da = Tensor.zeros(device, 3, 2);
            assertRefused(() -> loss.value(List.of(a)), "views: expected at least 2, got 1");
            assertRefused(
                    () -> loss.value(List.of(a, Tensor.zeros(device, 4, 2))),
                    "zb: expected the shape of za (3, 2), got (4, 2)");
            assertRefused(
                    () -> loss.value(List.of(Tensor.zeros(device, 6), b)),
                    "za: expected a matrix (n, d), got shape (6)");
            assertRefused(
                    () -> loss.valueAndGradient(List.of(a, b), List.of(da)),
                    "gradients: expected one per view, 2 in all, got 1");
            assertRefused(
                    () -> loss.valueAndGradient(List.of(a, b), List.of(da, b)),
                    "gradient 1 overlaps view 1: expected separate memory; give gradient 1 a tensor of its own");
            assertRefused(
                    () -> loss.valueAndGradient(List.of(a, b), List.of(da, da)),
                    "gradient 1 overlaps gradient 0: expected separate memory; give gradient 1 a tensor of its own");
            assertRefused(
                    () -> loss.valueAndGradient(List.of(a, b), List.of(da, Tensor.zeros(device, 2, 3))),
                    "dzb: expected the shape of za (3, 2), got (2, 3)");
        }
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private List<Tensor> nan(int views, int n, int d) {
        return IntStream.range(0, views)
                .mapToObj(v -> Tensor.empty(device, n, d).fill(Float.NaN))
                .toList();
    }

    private Tensor tensor(double[] values, int n, int d) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(device, floats, n, d);
    }

    private static double[] floats(double[] values) {
        return IntStream.range(0, values.length)
                .mapToDouble(k -> (float) values[k])
                .toArray();
    }

    private static double[] gaussian(long seed, int count) {
        Random random = new Random(seed);
        return floats(IntStream.range(0, count)
                .mapToDouble(k -> random.nextGaussian())
                .toArray());
    }

    private static double[] mix(double[] x, double[] y) {
        return floats(
                IntStream.range(0, x.length).mapToDouble(k -> x[k] + 0.5 * y[k]).toArray());
    }

    private static double[] reversed(double[] z, int n, int d) {
        return IntStream.range(0, n * d)
                .mapToDouble(k -> z[(n - 1 - k / d) * d + k % d])
                .toArray();
    }

    /** Each pair of neighbouring features turned by 0.7 radians. */
    private static double[] rotated(double[] z, int n, int d) {
        return IntStream.range(0, n * d)
                .mapToDouble(k -> k % 2 == 0
                        ? Math.cos(0.7) * z[k] - Math.sin(0.7) * z[k + 1]
                        : Math.sin(0.7) * z[k - 1] + Math.cos(0.7) * z[k])
                .toArray();
    }

    /** Elementwise, relative to the largest. */
    private static void assertClose(Tensor actual, double[] expected, double tolerance) {
        double largest = 1e-12;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        float[] values = actual.toFloats();
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) values[i]).as("element %d", i).isCloseTo(expected[i], within(tolerance * largest));
        }
    }
}
