package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Backend;
import io.gramian.backend.Guarded;
import io.gramian.reference.AlignmentUniformityReference;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlignmentUniformityTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    /** Rows (1, 0), (0, 1) against (1, 0), (-1, 0). */
    @Test
    void twoRowsByHand() {
        Tensor x = Tensor.of(device, new float[] {2, 0, 0, 3}, 2, 2);
        Tensor y = Tensor.of(device, new float[] {1, 0, -5, 0}, 2, 2);
        AlignmentUniformity.Terms terms = AlignmentUniformity.defaults().terms(List.of(x, y));
        assertThat(terms.alignment()).isCloseTo(1, within(1e-7)); // (0 + 2) / 2
        assertThat(terms.uniformity()).isCloseTo((-2 * 2 - 2 * 4) / 2.0, within(1e-6));
        AlignmentUniformity.Terms distances = new AlignmentUniformity(1, 2, 1).terms(List.of(x, y));
        assertThat(distances.alignment()).isCloseTo(Math.sqrt(2) / 2, within(1e-7));
        assertThat(distances.uniformity()).isEqualTo(terms.uniformity());
    }

    @ParameterizedTest
    @CsvSource({
        "2,1,2,2",
        "2,31,2,2",
        "33,17,2,1",
        "31,127,0.5,3",
        "129,33,3,2",
        "257,129,2,1.5",
        "600,9,2,2",
        "40,700,20,0.5"
    })
    void agreesWithTheTruth(int n, int d, float t, float alpha) {
        double[] x = Batches.random(n, n, d);
        double[] y = Batches.view(x, d);
        double alignment = AlignmentUniformityReference.alignment(x, y, n, d, alpha);
        double uniformity = (AlignmentUniformityReference.uniformity(x, n, d, t)
                        + AlignmentUniformityReference.uniformity(y, n, d, t))
                / 2;
        Guarded dx = new Guarded(n, d);
        Guarded dy = new Guarded(n, d);
        AlignmentUniformity loss = new AlignmentUniformity(0.7f, t, alpha);
        List<Tensor> views = List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d));
        AlignmentUniformity.Terms terms = loss.termsAndGradient(views, List.of(dx.tensor(), dy.tensor()));
        assertThat(terms.alignment()).isCloseTo(alignment, within(1e-6));
        assertThat(terms.uniformity()).isCloseTo(uniformity, within(2e-6 * Math.max(1, t)));
        assertThat(loss.terms(views)).isEqualTo(terms);
        Batches.assertClose(dx.tensor(), gradient(x, y, n, d, t, alpha), d == 1 ? 1 : 3e-5);
        Batches.assertClose(dy.tensor(), gradient(y, x, n, d, t, alpha), d == 1 ? 1 : 3e-5);
        dx.assertBandsUntouched();
        dy.assertBandsUntouched();
    }

    private static double[] gradient(double[] x, double[] y, int n, int d, float t, float alpha) {
        double[] sum = AlignmentUniformityReference.alignmentGradient(x, y, n, d, alpha);
        double[] other = AlignmentUniformityReference.uniformityGradient(x, n, d, t);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += 0.35f * other[i];
        }
        return sum;
    }

    @Test
    void permutationsAndTheOrderOfTheViewsChangeNothing() {
        double[] x = Batches.random(1, 30, 12);
        double[] y = Batches.view(x, 2);
        Tensor a = Batches.tensor(x, 30, 12);
        Tensor b = Batches.tensor(y, 30, 12);
        AlignmentUniformity loss = AlignmentUniformity.defaults();
        double value = loss.value(List.of(a, b));
        Batches.assertClose(loss.value(List.of(b, a)), value, 1e-6);
        Tensor pa = Batches.tensor(Batches.shuffled(x, 30, 12), 30, 12);
        Tensor pb = Batches.tensor(Batches.shuffled(y, 30, 12), 30, 12);
        Batches.assertClose(loss.value(List.of(pa, pb)), value, 1e-6);
    }

    @Test
    void zeroRowsAndNan() {
        double[] x = Batches.random(3, 5, 4);
        for (int k = 0; k < 4; k++) {
            x[4 + k] = 0;
        }
        double[] y = Batches.random(4, 5, 4);
        AlignmentUniformity.Terms terms =
                AlignmentUniformity.defaults().terms(List.of(Batches.tensor(x, 5, 4), Batches.tensor(y, 5, 4)));
        double uniformity = (AlignmentUniformityReference.uniformity(x, 5, 4, 2)
                        + AlignmentUniformityReference.uniformity(y, 5, 4, 2))
                / 2;
        assertThat(terms.uniformity()).isCloseTo(uniformity, within(2e-6));
        assertThat(terms.alignment()).isCloseTo(AlignmentUniformityReference.alignment(x, y, 5, 4), within(2e-6));
        List<Tensor> gradients = List.of(Tensor.zeros(device, 5, 4), Tensor.zeros(device, 5, 4));
        AlignmentUniformity.defaults()
                .valueAndGradient(List.of(Batches.tensor(x, 5, 4), Batches.tensor(y, 5, 4)), gradients);
        assertThat(gradients.get(0).rows(1, 2).toFloats()).containsOnly(0f);
        x[0] = Double.NaN;
        assertThat(AlignmentUniformity.defaults()
                        .valueAndGradient(List.of(Batches.tensor(x, 5, 4), Batches.tensor(y, 5, 4)), gradients))
                .isNaN();
        assertThat(gradients.get(0).toFloats()).contains(Float.NaN);
    }

    @Test
    void sameBitsWithAnyNumberOfThreads() {
        Tensor x = Batches.tensor(Batches.random(5, 530, 20), 530, 20);
        Tensor y = Batches.tensor(Batches.random(6, 530, 20), 530, 20);
        float[] once = bits(Guarded.threads(1), x, y);
        assertThat(bits(Guarded.threads(2), x, y)).containsExactly(once);
        assertThat(bits(Guarded.threads(3), x, y)).containsExactly(once);
    }

    private float[] bits(Backend backend, Tensor x, Tensor y) {
        Tensor dx = Tensor.empty(device, 530, 20);
        backend.predictive()
                .alignmentUniformity(x, y, 1, 2, 2, dx, Tensor.empty(device, 530, 20))
                .run();
        return dx.toFloats();
    }

    @Test
    void refusesWhatItCannotDo() {
        Tensor z = Tensor.zeros(device, 4, 3);
        Tensor one = Tensor.zeros(device, 1, 3);
        AlignmentUniformity loss = AlignmentUniformity.defaults();
        refuses(() -> new AlignmentUniformity(-1, 2), "weight: expected a finite number of at least 0, got -1.0");
        refuses(() -> new AlignmentUniformity(1, 2, 0), "alpha: expected a finite number above 0, got 0.0");
        refuses(() -> new AlignmentUniformity(1, 0), "t: expected a finite number above 0, got 0.0");
        refuses(() -> new AlignmentUniformity(1, 30).value(List.of(z, z)), "t: expected a number in (0, 21.0]");
        refuses(() -> loss.value(List.of(z)), "alignment-uniformity: expected 2 views, got 1");
        refuses(() -> loss.value(List.of(one, one)), "expected at least 2 rows");
        refuses(() -> loss.valueAndGradient(List.of(z, z.copy()), List.of(z.copy(), z)), "dy overlaps x");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
