package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Backend;
import io.gramian.backend.Guarded;
import io.gramian.reference.LeJepaReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeJepaTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    /** One row at 0, one direction, knots 0 and 2: cos 0 = 1 and sin 0 = 0 at both. */
    @Test
    void oneZeroByHand() {
        LeJepa loss = new LeJepa(1, 1, 2, 2, 0, 0);
        Tensor z = Tensor.zeros(device, 1, 1);
        LeJepa.Terms terms = loss.terms(List.of(z), Tensor.of(device, new float[] {1}, 1, 1));
        // the first knot: 2 * 1 * (1 - 1)^2 = 0; the second: 2 * e^-2 * (1 - e^-2)^2
        double e = Math.exp(-2);
        assertThat(terms.sigReg()).isCloseTo(2 * e * (1 - e) * (1 - e), within(1e-9));
        assertThat(terms.invariance()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,1,1,2",
        "2,33,5,8,1,17",
        "3,31,31,33,2,5",
        "2,129,17,127,2,17",
        "4,16,64,257,4,9",
        "2,257,2,31,1,17"
    })
    void agreesWithTheTruth(int views, int n, int d, int m, int globals, int knots) {
        double[][] z = new double[views][];
        List<Tensor> tensors = new ArrayList<>();
        List<Guarded> guarded = new ArrayList<>();
        for (int v = 0; v < views; v++) {
            z[v] = gaussian(100L * n + v, n * d);
            tensors.add(Batches.tensor(z[v], n, d));
            guarded.add(new Guarded(n, d));
        }
        LeJepa loss = new LeJepa(0.3f, m, knots, 3, globals, 5);
        Tensor directions = loss.drawDirections(device, 3, d);
        double[] along = widen(directions);
        LeJepaReference.Settings settings = new LeJepaReference.Settings(0.3f, knots, 3, globals);
        var truth = LeJepaReference.valueAndGradient(z, n, d, along, m, settings);
        List<Tensor> gradients = guarded.stream().map(Guarded::tensor).toList();
        LeJepa.Terms terms = loss.termsAndGradient(tensors, directions, gradients);
        Batches.assertClose(terms.sigReg(), truth.sigReg(), 2e-6);
        assertThat(terms.invariance()).isCloseTo(truth.invariance(), within(1e-9 + 1e-6 * truth.invariance()));
        for (int v = 0; v < views; v++) {
            Batches.assertClose(gradients.get(v), truth.gradients()[v], 2e-5);
            guarded.get(v).assertBandsUntouched();
        }
        LossTerms atStep = loss.atStep(3).namedTermsAndGradient(tensors, gradients);
        assertThat(atStep.loss())
                .isEqualTo(loss.total(terms))
                .isEqualTo(loss.atStep(3).value(tensors));
        assertThat(atStep.terms()).containsEntry("sigreg", terms.sigReg());
    }

    @Test
    void normalEmbeddingsAreNearOneAndCollapsedOnesAreNot() {
        LeJepa loss = new LeJepa(1, 64, 17, 3, 0, 1);
        Tensor normal = Batches.tensor(gaussian(1, 512 * 16), 512, 16);
        Tensor collapsed = Tensor.zeros(device, 512, 16);
        assertThat(loss.value(List.of(normal))).isBetween(0.3, 3.0);
        assertThat(loss.value(List.of(collapsed))).isGreaterThan(100);
    }

    @Test
    void permutedRowsChangeNothingAndStepsDrawAnew() {
        double[] z = gaussian(2, 20 * 6);
        double[] moved = new double[20 * 6];
        for (int i = 0; i < 20; i++) {
            System.arraycopy(z, i * 6, moved, (i * 7 + 2) % 20 * 6, 6);
        }
        LeJepa loss = new LeJepa(0.5f, 32, 17, 3, 0, 9);
        double value = loss.value(List.of(Batches.tensor(z, 20, 6)));
        Batches.assertClose(loss.value(List.of(Batches.tensor(moved, 20, 6))), value, 1e-6);
        assertThat(loss.atStep(1).value(List.of(Batches.tensor(z, 20, 6)))).isNotEqualTo(value);
        float[] directions = loss.drawDirections(device, 0, 6).toFloats();
        for (int m = 0; m < 32; m++) {
            double square = 0;
            for (int k = 0; k < 6; k++) {
                square += directions[k * 32 + m] * directions[k * 32 + m];
            }
            assertThat(square).isCloseTo(1, within(1e-6));
        }
    }

    @Test
    void largeProjectionsKeepTheirDigits() {
        double[] z = gaussian(3, 9 * 2);
        for (int i = 0; i < z.length; i++) {
            z[i] = (float) (z[i] * 1e4);
        }
        double[] axes = {1, 0, 0, 1};
        LeJepaReference.Settings settings = new LeJepaReference.Settings(1, 17, 3, 1);
        var truth = LeJepaReference.valueAndGradient(new double[][] {z}, 9, 2, axes, 2, settings);
        LeJepa.Terms terms =
                new LeJepa(1, 2, 17, 3, 1, 0).terms(List.of(Batches.tensor(z, 9, 2)), Batches.tensor(axes, 2, 2));
        Batches.assertClose(terms.sigReg(), truth.sigReg(), 1e-6);
    }

    @Test
    void sameBitsWithAnyNumberOfThreadsAndNanShows() {
        Tensor z = Batches.tensor(gaussian(4, 150 * 40), 150, 40);
        float[] once = bits(Guarded.threads(1), z);
        assertThat(bits(Guarded.threads(2), z)).containsExactly(once);
        assertThat(bits(Guarded.threads(5), z)).containsExactly(once);
        float[] values = z.toFloats();
        values[77] = Float.NaN;
        z.copyFrom(values);
        assertThat(LeJepa.defaults().value(List.of(z, z))).isNaN();
        assertThat(bits(Guarded.threads(2), z)).contains(Float.NaN);
    }

    private float[] bits(Backend backend, Tensor z) {
        Tensor dz = Tensor.empty(device, 150, 40);
        Tensor directions = new LeJepa(1, 70, 17, 3, 0, 6).drawDirections(device, 0, 40);
        backend.predictive()
                .leJepa(List.of(z), 1, directions, 17, 3, 0.5f, List.of(dz))
                .run();
        return dz.toFloats();
    }

    @Test
    void refusesWhatItCannotDo() {
        Tensor z = Tensor.zeros(device, 4, 3);
        refuses(() -> new LeJepa(1.5f, 8, 17, 3, 0, 0), "lambda: expected a number in [0, 1], got 1.5");
        refuses(() -> new LeJepa(1, 0, 17, 3, 0, 0), "directions: expected at least 1, got 0");
        refuses(() -> new LeJepa(1, 8, 1, 3, 0, 0), "knots: expected at least 2, got 1");
        LeJepa loss = new LeJepa(0.5f, 8, 17, 3, 2, 0);
        refuses(() -> loss.value(List.of()), "views: expected at least 1, got 0");
        refuses(() -> loss.value(List.of(z)), "global views: expected 1 to the number of views 1, got 2");
        refuses(
                () -> loss.value(List.of(z, Tensor.zeros(device, 4, 2))),
                "views[1]: expected the shape of views[0] (4, 3), got (4, 2)");
        refuses(
                () -> loss.terms(List.of(z, z), Tensor.zeros(device, 4, 8)),
                "directions: expected shape (3, 8), got (4, 8)");
        refuses(
                () -> loss.value(List.of(Tensor.zeros(device, 0, 3), Tensor.zeros(device, 0, 3))),
                "rows of views[0]: expected at least 1, got 0");
        refuses(() -> loss.valueAndGradient(List.of(z, z), List.of(z.copy())), "gradients: expected 2 entries, got 1");
        refuses(
                () -> loss.valueAndGradient(List.of(z, z.copy()), List.of(z.copy(), z)),
                "gradients[1] overlaps views[0]");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static double[] gaussian(long seed, int count) {
        Random random = new Random(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static double[] widen(Tensor tensor) {
        float[] floats = tensor.toFloats();
        double[] values = new double[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }
}
