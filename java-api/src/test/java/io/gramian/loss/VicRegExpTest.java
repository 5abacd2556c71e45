package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Backend;
import io.gramian.backend.Decorrelation;
import io.gramian.backend.Guarded;
import io.gramian.reference.VicRegExpReference;
import io.gramian.reference.VicRegReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** VICReg-exp and VICReg-ctr. */
class VicRegExpTest {
    private static final VicRegReference.Settings SETTINGS = new VicRegReference.Settings(25, 25, 1, 1e-4f, 1, 0.5);

    private static MultiViewLoss loss(boolean ctr, float temperature) {
        return ctr
                ? new VicRegCtr(25, 25, 1, 1e-4f, 1, true, temperature)
                : new VicRegExp(25, 25, 1, 1e-4f, 1, true, temperature);
    }

    /** Columns (1, -1) and (2, -2): variances 2 and 8, covariance 4; both views equal. */
    @Test
    void twoColumnsByHand() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(Device.cpu(), new float[] {1, 2, -1, -2}, 2, 2);
            VicReg.Terms terms = new VicRegExp(25, 25, 1, 1e-4f, 1, true, 0.5f).terms(List.of(x, x));
            assertThat(terms.invariance()).isZero();
            assertThat(terms.variance()).isZero();
            // per view: (1/2) (log exp(4 / 0.5) + log exp(4 / 0.5)) = 8
            Batches.assertClose(terms.covariance(), 16, 1e-6);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2,2,false",
        "33,17,false",
        "31,127,false",
        "127,33,false",
        "257,129,false",
        "12,515,false",
        "2,2,true",
        "33,17,true",
        "31,127,true",
        "127,33,true",
        "129,257,true",
        "515,12,true"
    })
    void agreesWithTheTruth(int n, int d, boolean ctr) {
        double[] x = Batches.random(n * 1000L + d, n, d);
        double[] y = Batches.view(x, n * 1000L + d + 1);
        float temperature = 0.1f;
        var truth = ctr
                ? VicRegExpReference.ctr(x, y, n, d, SETTINGS, temperature)
                : VicRegExpReference.exp(x, y, n, d, SETTINGS, temperature);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d));
            Guarded dx = new Guarded(n, d);
            Guarded dy = new Guarded(n, d);
            LossTerms terms = loss(ctr, temperature).namedTermsAndGradient(views, List.of(dx.tensor(), dy.tensor()));
            Batches.assertClose(terms.loss(), truth.loss(), 5e-6);
            assertThat(terms.terms()).containsOnlyKeys("invariance", "variance", "covariance");
            Batches.assertClose(terms.terms().get("covariance"), truth.covariance(), 5e-6);
            Batches.assertClose(dx.tensor(), truth.dx(), 2e-5);
            Batches.assertClose(dy.tensor(), truth.dy(), 2e-5);
            dx.assertBandsUntouched();
            dy.assertBandsUntouched();
            assertThat(loss(ctr, temperature).value(views)).isEqualTo(terms.loss());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void permutationsAndTheOrderOfTheViewsChangeNothing(boolean ctr) {
        int n = 30;
        int d = 44;
        double[] x = Batches.random(1, n, d);
        double[] y = Batches.view(x, 2);
        try (Scope scope = Scope.open()) {
            Tensor a = Batches.tensor(x, n, d);
            Tensor b = Batches.tensor(y, n, d);
            double value = loss(ctr, 0.2f).value(List.of(a, b));
            Batches.assertClose(loss(ctr, 0.2f).value(List.of(b, a)), value, 1e-6);
            Tensor pa = Batches.tensor(Batches.shuffled(x, n, d), n, d);
            Tensor pb = Batches.tensor(Batches.shuffled(y, n, d), n, d);
            Batches.assertClose(loss(ctr, 0.2f).value(List.of(pa, pb)), value, 1e-6);
        }
    }

    @ParameterizedTest
    @CsvSource({"70,520,false", "520,70,true"})
    void sameBitsWithAnyNumberOfThreads(int n, int d, boolean ctr) {
        try (Scope scope = Scope.open()) {
            double[] x = Batches.random(3, n, d);
            Tensor a = Batches.tensor(x, n, d);
            Tensor b = Batches.tensor(Batches.view(x, 4), n, d);
            float[] once = bits(Guarded.threads(1), ctr, a, b);
            assertThat(bits(Guarded.threads(2), ctr, a, b)).containsExactly(once);
            assertThat(bits(Guarded.threads(3), ctr, a, b)).containsExactly(once);
        }
    }

    private static float[] bits(Backend backend, boolean ctr, Tensor a, Tensor b) {
        Decorrelation.Weights weights = new Decorrelation.Weights(25, 25, 1, 1e-4f, 1, 0.5f, 0.1f);
        Tensor da = Tensor.empty(Device.cpu(), a.shape().toArray());
        Tensor db = Tensor.empty(Device.cpu(), a.shape().toArray());
        if (ctr) {
            backend.decorrelation().vicRegCtr(a, b, weights, da, db).run();
        } else {
            backend.decorrelation().vicRegExp(a, b, weights, da, db).run();
        }
        return da.toFloats();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nanInNanOut(boolean ctr) {
        double[] x = Batches.random(5, 9, 20);
        x[7] = Double.NaN;
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = List.of(Tensor.zeros(Device.cpu(), 9, 20), Tensor.zeros(Device.cpu(), 9, 20));
            double loss = loss(ctr, 0.1f)
                    .valueAndGradient(
                            List.of(Batches.tensor(x, 9, 20), Batches.tensor(Batches.random(6, 9, 20), 9, 20)),
                            gradients);
            assertThat(loss).isNaN();
            assertThat(gradients.get(0).toFloats()).contains(Float.NaN);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusesWhatItCannotDo(boolean ctr) {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.zeros(Device.cpu(), 4, 3);
            Tensor one = Tensor.zeros(Device.cpu(), 1, 3);
            Tensor narrow = Tensor.zeros(Device.cpu(), 4, 1);
            assertThatThrownBy(() -> loss(ctr, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("temperature: expected a finite number above 0, got 0.0");
            MultiViewLoss loss = loss(ctr, 0.1f);
            assertThatThrownBy(() -> loss.value(List.of(z))).hasMessage(loss.name() + ": expected 2 views, got 1");
            assertThatThrownBy(() -> loss.value(List.of(one, one))).hasMessageContaining("expected at least 2 rows");
            assertThatThrownBy(() -> loss.value(List.of(narrow, narrow)))
                    .hasMessageContaining("features: expected at least 2");
            assertThatThrownBy(() -> loss.value(List.of(z, narrow)))
                    .hasMessage("y: expected the shape of x (4, 3), got (4, 1)");
            assertThatThrownBy(() -> loss.valueAndGradient(List.of(z, z.copy()), List.of(z, z.copy())))
                    .hasMessageStartingWith("dx overlaps x");
        }
    }
}
