package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Guarded;
import io.gramian.backend.WhiteningMethod;
import io.gramian.reference.SliceReference;
import io.gramian.reference.WMseReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WMseTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void whitenedColumnsByHand() {
        // one column, w_size 3: whitened (-1, 0, 1) and, from (0, 0, 3), (-1, -1, 2) / sqrt 3
        List<Tensor> views =
                List.of(Tensor.of(device, new float[] {0, 2, 4}, 3, 1), Tensor.of(device, new float[] {0, 0, 3}, 3, 1));
        double r = 1 / Math.sqrt(3);
        double expected = ((r - 1) * (r - 1) + r * r + (2 * r - 1) * (2 * r - 1)) / 3;
        WMse plain = new WMse(3, 1, 0, false, 0);
        assertThat(plain.value(views)).isCloseTo(expected, within(1e-6));
    }

    @ParameterizedTest
    @CsvSource({
        "2,16,4,8,2,0,true",
        "2,24,6,12,1,0,false",
        "4,32,8,16,1,0,true",
        "6,36,5,12,3,0,true",
        "3,34,32,34,1,0,true",
        "2,256,64,128,1,0.0001,true",
        "3,99,31,33,2,0.01,false",
        "2,130,65,130,1,0,true",
        "2,4,1,2,1,0,true"
    })
    void agreesWithTheTruth(int count, int n, int d, int window, int iterations, float eps, boolean normalize) {
        List<Tensor> views = correlated(count, n, d, 7L * n + d);
        List<Tensor> gradients = poisoned(count, n, d);
        WMse loss = new WMse(window, iterations, eps, normalize, 99);
        double value = loss.atStep(3).valueAndGradient(views, gradients);
        int[] flat = loss.permutations(3, n);
        int[][] permutations = IntStream.range(0, iterations)
                .mapToObj(k -> Arrays.copyOfRange(flat, k * n, (k + 1) * n))
                .toArray(int[][]::new);
        double[][] z = views.stream().map(v -> widen(v.toFloats())).toArray(double[][]::new);
        double ratio = (double) window / d;
        double condition = (Math.sqrt(ratio) + 1) / Math.max(0.02, Math.sqrt(ratio) - 1);
        double truth = WMseReference.value(z, n, d, window, permutations, eps, normalize);
        assertThat(value).isCloseTo(truth, within(2e-6 * Math.max(1, truth)));
        assertThat(loss.atStep(3).value(views)).isEqualTo(value);
        double[][] expected = WMseReference.gradient(z, n, d, window, permutations, eps, normalize);
        for (int v = 0; v < count; v++) {
            assertThat(worst(widen(gradients.get(v).toFloats()), expected[v], 1e-4 / n))
                    .as("gradient of view %d", v)
                    .isLessThan(2e-6 * condition);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ZCA,2,true,false",
        "ZCA,4,false,false",
        "PCA,2,true,false",
        "ITERATIVE,3,true,false",
        "CHOLESKY,2,true,true",
        "CHOLESKY,4,true,true",
        "CHOLESKY,3,false,true",
        "ZCA,3,true,true",
        "ITERATIVE,2,false,true"
    })
    void everyMethodAgreesWithTheTruth(String name, int count, boolean normalize, boolean oneSided) {
        int n = 96;
        int d = 12;
        boolean iterative = name.equals("ITERATIVE");
        WhiteningMethod method = new WhiteningMethod(WhiteningMethod.Kind.valueOf(name), iterative ? 4 : 0);
        SliceReference reference =
                switch (name) {
                    case "ZCA" -> SliceReference.ZCA;
                    case "PCA" -> SliceReference.PCA;
                    case "ITERATIVE" -> SliceReference.iterative(4);
                    default -> SliceReference.CHOLESKY;
                };
        List<Tensor> views = correlated(count, n, d, 17);
        List<Guarded> guarded = views.stream().map(view -> new Guarded(n, d)).toList();
        List<Tensor> gradients = guarded.stream().map(Guarded::tensor).toList();
        WMse loss = new WMse(32, 2, 0.01f, normalize, method, oneSided, 5);
        double value = loss.valueAndGradient(views, gradients);
        int[] flat = loss.permutations(0, n);
        int[][] permutations = {Arrays.copyOf(flat, n), Arrays.copyOfRange(flat, n, 2 * n)};
        double[][] z = views.stream().map(v -> widen(v.toFloats())).toArray(double[][]::new);
        assertThat(value)
                .isCloseTo(WMseReference.value(z, n, d, 32, permutations, 0.01f, normalize, reference), within(5e-6));
        assertThat(loss.value(views)).isEqualTo(value);
        double[][] expected = WMseReference.gradient(z, n, d, 32, permutations, 0.01f, normalize, reference, oneSided);
        for (int v = 0; v < count; v++) {
            assertThat(worst(widen(gradients.get(v).toFloats()), expected[v], 1e-4 / n))
                    .as("gradient of view %d", v)
                    .isLessThan(name.equals("PCA") ? 2e-4 : 2e-5);
            guarded.get(v).assertBandsUntouched();
        }
        if (oneSided) {
            assertThat(gradients.get(count - 1).toFloats()).containsOnly(0f);
        }
    }

    @Test
    void iterativeWhiteningTakesSlicesOfAnySize() {
        List<Tensor> views = correlated(2, 24, 30, 6);
        WMse loss = new WMse(8, 1, 0, true, WhiteningMethod.iterative(5), false, 0);
        assertThat(loss.value(views)).isBetween(0.0, 4.0);
    }

    @Test
    void sameBitsWithOneAndTwoThreads() {
        List<Tensor> views = correlated(2, 256, 33, 8);
        Tensor permutations = Tensor.ofInts(device, new WMse(64, 2, 0, true, 3).permutations(0, 256), 2, 256);
        for (WhiteningMethod method :
                new WhiteningMethod[] {WhiteningMethod.CHOLESKY, WhiteningMethod.ZCA, WhiteningMethod.iterative(5)}) {
            float[] once = bits(1, method, views, permutations);
            assertThat(bits(1, method, views, permutations)).containsExactly(once);
            assertThat(bits(2, method, views, permutations)).containsExactly(once);
            assertThat(bits(5, method, views, permutations)).containsExactly(once);
        }
    }

    private float[] bits(int threads, WhiteningMethod method, List<Tensor> views, Tensor permutations) {
        List<Tensor> gradients = poisoned(2, 256, 33);
        Guarded.threads(threads)
                .whitening()
                .wMse(views, 64, permutations, 0, true, method, false, gradients)
                .value();
        return gradients.get(1).toFloats();
    }

    @Test
    void nearlySingularSlicesKeepFourDigits() {
        int d = 64;
        int n = 2 * (d + 2); // two slices of d + 2
        List<Tensor> views = correlated(2, n, d, 5);
        List<Tensor> gradients = poisoned(2, n, d);
        WMse loss = new WMse(d + 2, 1, 0, true, 1);
        double value = loss.valueAndGradient(views, gradients);
        int[][] permutations = {loss.permutations(0, n)};
        double[][] z = views.stream().map(v -> widen(v.toFloats())).toArray(double[][]::new);
        assertThat(value).isCloseTo(WMseReference.value(z, n, d, d + 2, permutations, 0, true), within(1e-5));
        double[][] expected = WMseReference.gradient(z, n, d, d + 2, permutations, 0, true);
        for (int v = 0; v < 2; v++) {
            assertThat(worst(widen(gradients.get(v).toFloats()), expected[v], 0))
                    .isLessThan(1e-4);
        }
    }

    @Test
    void orderOfViewsAndAffineMapsDoNotMatter() {
        int n = 64;
        int d = 8;
        List<Tensor> views = correlated(3, n, d, 21);
        WMse loss = new WMse(32, 2, 0, true, 4);
        double value = loss.value(views);
        List<Tensor> reversed = new ArrayList<>(views);
        Collections.reverse(reversed);
        assertThat(loss.value(reversed)).isCloseTo(value, within(1e-7));
        float[] mapped = views.get(1).toFloats();
        for (int i = 0; i < mapped.length; i++) {
            mapped[i] = 8 * mapped[i] + (i % d);
        }
        List<Tensor> moved = List.of(views.get(0), Tensor.of(device, mapped, n, d), views.get(2));
        assertThat(loss.value(moved)).isCloseTo(value, within(1e-5));
    }

    @Test
    void equalViewsGiveZeroAndNoGradient() {
        Tensor z = correlated(2, 32, 5, 2).get(0);
        List<Tensor> gradients = poisoned(2, 32, 5);
        assertThat(new WMse(16, 1, 0, true, 0).valueAndGradient(List.of(z, z.copy()), gradients))
                .isBetween(0.0, 1e-12);
        for (Tensor gradient : gradients) {
            assertThat(worst(widen(gradient.toFloats()), new double[32 * 5], 1)).isLessThan(1e-7);
        }
    }

    @Test
    void aRowAtTheMeanIsNoUnitVector() {
        // the middle row of view 0 whitens to zero: its cosine with anything is 0, its distance 2
        List<Tensor> views = List.of(
                Tensor.of(device, new float[] {-1, 0, 1}, 3, 1), Tensor.of(device, new float[] {-3, 1, 2}, 3, 1));
        assertThat(new WMse(3, 1, 0, true, 0).value(views)).isCloseTo(2.0 / 3, within(1e-6));
    }

    @Test
    void permutationsDependOnSeedStepAndIterationAlone() {
        WMse loss = new WMse(8, 3, 0, true, 12);
        int[] drawn = loss.permutations(5, 100);
        assertThat(drawn).isEqualTo(loss.permutations(5, 100));
        assertThat(drawn).isNotEqualTo(loss.permutations(6, 100));
        assertThat(drawn).isNotEqualTo(new WMse(8, 3, 0, true, 13).permutations(5, 100));
        for (int k = 0; k < 3; k++) {
            assertThat(Arrays.copyOfRange(drawn, 100 * k, 100 * (k + 1)))
                    .containsExactlyInAnyOrder(IntStream.range(0, 100).toArray());
        }
        assertThat(Arrays.copyOfRange(drawn, 0, 100)).isNotEqualTo(Arrays.copyOfRange(drawn, 100, 200));
    }

    @Test
    void everyImageIsAsOftenAtEveryPlace() {
        int n = 5;
        int draws = 20000;
        int[][] counts = new int[n][n];
        WMse loss = new WMse(2, 1, 0, true, 77);
        for (int step = 0; step < draws; step++) {
            int[] permutation = loss.permutations(step, n);
            for (int place = 0; place < n; place++) {
                counts[place][permutation[place]]++;
            }
        }
        double chiSquared = 0;
        double expected = (double) draws / n;
        for (int[] row : counts) {
            for (int count : row) {
                chiSquared += (count - expected) * (count - expected) / expected;
            }
        }
        assertThat(chiSquared).isLessThan(40); // 16 degrees of freedom: P(> 39.3) = 0.001
    }

    @Test
    void stepsDifferAndRepeat() {
        List<Tensor> views = correlated(2, 64, 6, 3);
        WMse loss = new WMse(16, 1, 0, true, 8);
        assertThat(loss.atStep(1).value(views))
                .isEqualTo(loss.atStep(2).atStep(1).value(views));
        assertThat(loss.atStep(1).value(views)).isNotEqualTo(loss.atStep(2).value(views));
        assertThat(loss.value(views)).isEqualTo(loss.atStep(0).value(views));
    }

    @Test
    void nanInNanOut() {
        List<Tensor> views = correlated(2, 16, 3, 3);
        float[] values = views.get(1).toFloats();
        values[7] = Float.NaN;
        views.get(1).copyFrom(values);
        List<Tensor> gradients = List.of(Tensor.zeros(device, 16, 3), Tensor.zeros(device, 16, 3));
        assertThat(new WMse(8, 1, 0, true, 0).valueAndGradient(views, gradients))
                .isNaN();
        assertThat(gradients.get(0).toFloats()).containsOnly(Float.NaN);
    }

    @Test
    void constantColumnNamesSliceViewAndColumn() {
        List<Tensor> views = correlated(2, 16, 3, 3);
        float[] values = views.get(1).toFloats();
        for (int i = 0; i < 16; i++) {
            values[i * 3 + 1] = 4;
        }
        views.get(1).copyFrom(values);
        assertThatThrownBy(() -> new WMse(8, 1, 0, true, 0).value(views))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("slice 0 of view 1 (iteration 0): pivot 0 of column 1 is not positive")
                .hasMessageContaining("larger eps");
        assertThat(new WMse(8, 1, 0.01f, true, 0).value(views)).isBetween(0.0, 4.0);
    }

    @Test
    void refusesBadArguments() {
        List<Tensor> views = correlated(2, 24, 6, 3);
        refuses(() -> new WMse(1, 1, 0, true, 0), "w_size: expected at least 2, got 1");
        refuses(() -> new WMse(8, 0, 0, true, 0), "w_iter: expected at least 1, got 0");
        refuses(() -> new WMse(8, 1, Float.NaN, true, 0), "eps: expected a number in [0, 1), got NaN");
        refuses(
                () -> new WMse(48, 1, 0, true, 0).value(views),
                "w_size: expected at most the batch of 24 images, got 48");
        refuses(
                () -> new WMse(10, 1, 0, true, 0).value(views),
                "w_size: expected a divisor of the batch of 24 images, got 10; drop the last 4 images");
        refuses(() -> new WMse(6, 1, 0, true, 0).value(views), "w_size: expected at least 7 rows for 6 columns");
        refuses(() -> new WMse(8, 1, 0, true, 0).value(views.subList(0, 1)), "views: expected at least 2, got 1");
        List<Tensor> ragged = List.of(views.get(0), Tensor.zeros(device, 24, 5));
        refuses(
                () -> new WMse(8, 1, 0, true, 0).value(ragged),
                "views[1]: expected the shape of views[0] (24, 6), got (24, 5)");
        refuses(
                () -> new WMse(8, 1, 0, true, 0).valueAndGradient(views, List.of()),
                "gradients: expected 2 entries, got 0");
        refuses(() -> new WMse(8, 1, 0, true, 0).valueAndGradient(views, views), "gradients[0] overlaps views[0]");
        int[] twice = IntStream.range(0, 24).toArray();
        twice[9] = 3;
        Tensor permutations = Tensor.ofInts(device, twice, 1, 24);
        refuses(
                () -> new WMse(8, 1, 0, true, 0).value(views, permutations),
                "permutations: expected each of 0 .. 23 once in every row, got 3 at row 0, position 9");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private List<Tensor> poisoned(int count, int n, int d) {
        List<Tensor> gradients = new ArrayList<>();
        for (int v = 0; v < count; v++) {
            gradients.add(Tensor.empty(device, n, d).fill(Float.NaN));
        }
        return gradients;
    }

    private List<Tensor> correlated(int count, int n, int d, long seed) {
        Random random = new Random(seed);
        double[] common = random.doubles((long) n * d, -1, 1).toArray();
        List<Tensor> views = new ArrayList<>();
        for (int v = 0; v < count; v++) {
            float[] z = new float[n * d];
            for (int i = 0; i < n * d; i++) {
                z[i] = (float) (0.6 * common[i] + 0.4 * random.nextGaussian());
            }
            views.add(Tensor.of(device, z, n, d));
        }
        return views;
    }

    private static double worst(double[] actual, double[] expected, double floor) {
        double scale = floor;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            error = Math.max(error, Math.abs(actual[i] - expected[i])); // NaN stays NaN and fails the comparison
        }
        return error / scale;
    }

    private static double[] widen(float[] x) {
        double[] wide = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            wide[i] = x[i];
        }
        return wide;
    }
}
