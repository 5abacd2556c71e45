package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.backend.WhiteningMethod;
import io.gramian.loss.WMse;
import io.gramian.reference.SliceReference;
import io.gramian.reference.WMseReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** W-MSE of the CUDA sources on the SIMT executor, against the float64 truth. */
class SimtWMseTest {
    private final Device device = DeviceUnderTest.get();

    private static double[][] correlated(int count, int n, int d) {
        double[] common = Truth.gaussian(7L * n + d, n * d);
        double[][] views = new double[count][];
        for (int v = 0; v < count; v++) {
            views[v] = Truth.gaussian(v + 1, n * d);
            for (int k = 0; k < n * d; k++) {
                views[v][k] = (float) (0.6 * common[k] + 0.4 * views[v][k]);
            }
        }
        return views;
    }

    private static SliceReference truth(String method) {
        return switch (method) {
            case "ZCA" -> SliceReference.ZCA;
            case "PCA" -> SliceReference.PCA;
            case "ITERATIVE" -> SliceReference.iterative(4);
            default -> SliceReference.CHOLESKY;
        };
    }

    private static WhiteningMethod method(String name) {
        return new WhiteningMethod(WhiteningMethod.Kind.valueOf(name), name.equals("ITERATIVE") ? 4 : 0);
    }

    @ParameterizedTest
    @CsvSource({
        "CHOLESKY,2,16,4,8,2,0,true,false",
        "CHOLESKY,2,4,1,2,1,0,true,false",
        "CHOLESKY,6,36,5,12,3,0,true,false",
        "CHOLESKY,3,99,31,33,1,0.01,false,false",
        "CHOLESKY,2,130,33,65,1,0,true,true",
        "CHOLESKY,4,48,6,16,2,0.01,false,true",
        "CHOLESKY,33,12,2,6,1,0,true,false",
        "CHOLESKY,2,150,130,150,1,0.01,true,false",
        "ZCA,2,48,7,16,1,0.01,true,false",
        "ZCA,4,48,7,24,1,0.01,false,true",
        "PCA,2,48,7,24,2,0.01,true,false",
        "ITERATIVE,3,48,9,16,2,0.01,true,false",
        "ITERATIVE,2,24,20,8,1,0,false,true"
    })
    void agreesWithTheTruth(
            String name,
            int count,
            int n,
            int d,
            int window,
            int iterations,
            float eps,
            boolean unit,
            boolean oneSided) {
        double[][] z = correlated(count, n, d);
        WMse loss = new WMse(window, iterations, eps, unit, method(name), oneSided, 99);
        int[] flat = loss.permutations(3, n);
        int[][] permutations = IntStream.range(0, iterations)
                .mapToObj(k -> Arrays.copyOfRange(flat, k * n, (k + 1) * n))
                .toArray(int[][]::new);
        try (Scope scope = Scope.open()) {
            List<Tensor> views =
                    Arrays.stream(z).map(v -> Truth.tensor(device, v, n, d)).toList();
            List<Guarded> gradients =
                    Arrays.stream(z).map(v -> Guarded.of(device, n, d)).toList();
            double value = loss.atStep(3)
                    .valueAndGradient(
                            views, gradients.stream().map(Guarded::tensor).toList());
            double expected = WMseReference.value(z, n, d, window, permutations, eps, unit, truth(name));
            assertThat(value).isCloseTo(expected, within(5e-6 * Math.max(1, expected)));
            assertThat(loss.atStep(3).value(views)).isEqualTo(value);
            double[][] slopes = WMseReference.gradient(z, n, d, window, permutations, eps, unit, truth(name), oneSided);
            double largest = 1e-4 / n;
            for (double[] slope : slopes) {
                largest = Math.max(
                        largest, Arrays.stream(slope).map(Math::abs).max().orElse(0));
            }
            for (int v = 0; v < count; v++) {
                float[] got = gradients.get(v).values();
                for (int k = 0; k < n * d; k++) {
                    assertThat((double) got[k])
                            .as("gradient of view %d at %d", v, k)
                            .isCloseTo(slopes[v][k], within((name.equals("PCA") ? 2e-4 : 5e-5) * largest));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"CHOLESKY", "ZCA", "ITERATIVE"})
    void sameBitsWithEverySeed(String name) {
        double[][] z = correlated(2, 32, 9);
        int[] permutations = new WMse(16, 1, 0, true, 3).permutations(0, 32);
        float[] first = null;
        for (long seed : new long[] {1, 1, 2}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                List<Tensor> views = List.of(Truth.tensor(device, z[0], 32, 9), Truth.tensor(device, z[1], 32, 9));
                List<Tensor> gradients = List.of(Tensor.empty(device, 32, 9), Tensor.empty(device, 32, 9));
                device.backend()
                        .whitening(stream)
                        .wMse(
                                views,
                                16,
                                Tensor.ofInts(device, permutations, 1, 32),
                                0,
                                true,
                                method(name),
                                false,
                                gradients)
                        .value();
                float[] bits = gradients.get(1).toFloats();
                first = first == null ? bits : first;
                assertThat(bits).as("seed %d", seed).isEqualTo(first);
            }
        }
    }

    @Test
    void aRowAtTheMeanIsNoUnitVector() {
        // the middle row of view 0 whitens to zero: its cosine with anything is 0, its distance 2
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(
                    Tensor.of(device, new float[] {-1, 0, 1}, 3, 1), Tensor.of(device, new float[] {-3, 1, 2}, 3, 1));
            assertThat(new WMse(3, 1, 0, true, 0).value(views)).isCloseTo(2.0 / 3, within(1e-6));
        }
    }

    /** NaN in one slice of one view: NaN in the loss and in every gradient, whatever the method. */
    @ParameterizedTest
    @ValueSource(strings = {"CHOLESKY", "ZCA", "PCA", "ITERATIVE"})
    void nanInNanOut(String name) {
        double[][] z = correlated(2, 24, 3);
        z[1][7] = Double.NaN;
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Truth.tensor(device, z[0], 24, 3), Truth.tensor(device, z[1], 24, 3));
            List<Tensor> gradients = List.of(Tensor.zeros(device, 24, 3), Tensor.zeros(device, 24, 3));
            WMse loss = new WMse(8, 2, 0.01f, true, method(name), false, 0);
            assertThat(loss.valueAndGradient(views, gradients)).isNaN();
            assertThat(gradients.get(0).toFloats()).containsOnly(Float.NaN);
            assertThat(gradients.get(1).toFloats()).containsOnly(Float.NaN);
        }
    }

    /** Which slice of which view, which column, and what to do about it. */
    @Tag("sync")
    @ParameterizedTest
    @CsvSource({
        "CHOLESKY,slice 0 of view 1 (iteration 0): pivot 0 of column 1 is not positive",
        "ZCA,'slice 0 of view 1 (iteration 0): eigenvalue 0, mostly of column 1, is not positive'",
        "PCA,'slice 0 of view 1 (iteration 0): eigenvalue 0, mostly of column 1, is not positive'",
        "ITERATIVE,'slice 0 of view 1 (iteration 0): every column is constant'"
    })
    void aSliceThatCannotBeWhitenedIsNamed(String name, String message) {
        DeviceUnderTest.needsErrorsAtOnce(device);
        double[][] z = correlated(2, 16, 3);
        for (int k = 0; k < 48; k++) {
            z[1][k] = k % 3 == 1 || name.equals("ITERATIVE") ? 4 : z[1][k];
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Truth.tensor(device, z[0], 16, 3), Truth.tensor(device, z[1], 16, 3));
            assertThatThrownBy(() -> new WMse(8, 1, 0, true, method(name), false, 0).value(views))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("whitening of " + message)
                    .hasMessageContaining("use a larger eps (1e-4, say)");
            assertThat(new WMse(8, 1, 0.01f, true, method(name), false, 0).value(views))
                    .isBetween(0.0, 4.0);
        }
    }
}
