package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.StandardizeColumnsReference;
import io.gramian.reference.VicRegReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class VicRegTest {
    private static final double EPS = (float) 1e-4;

    private static VicReg on(GramSide side) {
        return new VicReg(25, 25, 1, 1e-4f, 1, true, side);
    }

    /** x = [[0.3, 0.6], [-0.3, -0.6]]: variances 0.18 and 0.72, covariance 0.36; y = x without its second column. */
    @ParameterizedTest
    @EnumSource
    void termsByHand(GramSide side) {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(Device.cpu(), new float[] {0.3f, 0.6f, -0.3f, -0.6f}, 2, 2);
            Tensor y = Tensor.of(Device.cpu(), new float[] {0.3f, 0, -0.3f, 0}, 2, 2);
            VicReg.Terms terms = new VicReg(1, 1, 1, 1e-12f, 1, false, side).terms(List.of(x, y));
            Batches.assertClose(terms.invariance(), 2 * 0.36 / 4, 1e-6);
            double hinges = 2 * (1 - Math.sqrt(0.18)) + (1 - Math.sqrt(0.72)) + (1 - 1e-6);
            Batches.assertClose(terms.variance(), hinges / 2, 1e-6);
            Batches.assertClose(terms.covariance(), 2 * 0.36 * 0.36 / 2, 1e-6);
            VicReg weighted = new VicReg(2, 3, 5, 1e-12f, 1, true, side);
            Batches.assertClose(weighted.value(List.of(x, y)), 2 * 0.18 + 3 * hinges / 4 + 5 * 0.36 * 0.36, 1e-6);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2,1", "2,31", "33,17", "31,127", "127,33", "129,129", "64,257", "257,64", "40,600", "600,40", "300,520",
        "20,1100"
    })
    void bothSidesAgreeWithTheTruth(int n, int d) {
        double[] x = Batches.random(n * 1000L + d, n, d);
        double[] y = Batches.view(x, n * 1000L + d + 1);
        var truth = VicRegReference.valueAndGradient(x, y, n, d, new VicRegReference.Settings(25, 25, 1, EPS, 1, 0.5));
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d));
            for (GramSide side : GramSide.values()) {
                List<Tensor> gradients = List.of(poisoned(n, d), poisoned(n, d));
                VicReg.Terms terms = on(side).termsAndGradient(views, gradients);
                Batches.assertClose(terms.invariance(), truth.invariance(), 1e-6);
                Batches.assertClose(terms.variance(), truth.variance(), 1e-6);
                // the sample side subtracts the diagonal, of order 0.1 here
                assertThat(terms.covariance()).isCloseTo(truth.covariance(), within(2e-6 * truth.covariance() + 2e-8));
                Batches.assertClose(gradients.get(0), truth.dx(), 1e-5);
                Batches.assertClose(gradients.get(1), truth.dy(), 1e-5);
                assertThat(on(side).terms(views)).isEqualTo(terms);
                Batches.assertClose(on(side).value(views), truth.loss(), 2e-6);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void doesNotLeaveAnExactCollapse(GramSide side) {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.empty(Device.cpu(), 6, 5).fill(0.7f);
            List<Tensor> gradients = List.of(poisoned(6, 5), poisoned(6, 5));
            double loss = on(side).valueAndGradient(List.of(x, x), gradients);
            Batches.assertClose(loss, 25 * 0.99, 1e-6);
            assertThat(gradients.get(0).toFloats()).containsOnly(0f);
            assertThat(gradients.get(1).toFloats()).containsOnly(0f);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCommonShiftChangesNothing(GramSide side) {
        int n = 48;
        int d = 40;
        double[] x = Batches.random(3, n, d);
        double[] y = Batches.view(x, 4);
        try (Scope scope = Scope.open()) {
            double loss = on(side).value(List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d)));
            double swapped = on(side).value(List.of(Batches.tensor(y, n, d), Batches.tensor(x, n, d)));
            Batches.assertClose(swapped, loss, 1e-7);
            for (int i = 0; i < n * d; i++) {
                x[i] += 64;
                y[i] += 64;
            }
            double moved = on(side).value(List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d)));
            Batches.assertClose(moved, loss, 1e-5);
        }
    }

    /**
     * Rotating the features of both views keeps distances, and with them the invariance; it keeps
     * {@code ||Cov||_F}, so that what the off-diagonal loses the diagonal gains. Permuting rows and columns keeps all.
     */
    @ParameterizedTest
    @EnumSource
    void rotationsAndPermutations(GramSide side) {
        int n = 36;
        int d = 48;
        double[] x = Batches.random(12, n, d);
        double[] y = Batches.view(x, 13);
        try (Scope scope = Scope.open()) {
            VicReg.Terms terms = on(side).terms(List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d)));
            VicReg.Terms moved = on(side).terms(List.of(
                    Batches.tensor(Batches.shuffled(x, n, d), n, d), Batches.tensor(Batches.shuffled(y, n, d), n, d)));
            Batches.assertClose(moved.invariance(), terms.invariance(), 1e-6);
            Batches.assertClose(moved.variance(), terms.variance(), 1e-6);
            Batches.assertClose(moved.covariance(), terms.covariance(), 1e-6);
            double squares = squaredVariances(x, n, d) + squaredVariances(y, n, d);
            Batches.turn(x, n, d, 3, 17);
            Batches.turn(y, n, d, 3, 17);
            VicReg.Terms turned = on(side).terms(List.of(Batches.tensor(x, n, d), Batches.tensor(y, n, d)));
            Batches.assertClose(turned.invariance(), terms.invariance(), 1e-6);
            double turnedSquares = squaredVariances(x, n, d) + squaredVariances(y, n, d);
            Batches.assertClose(d * turned.covariance() + turnedSquares, d * terms.covariance() + squares, 1e-6);
        }
    }

    private static double squaredVariances(double[] z, int n, int d) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
            double variance = StandardizeColumnsReference.deviations(z, n, d, j) / (n - 1);
            sum += variance * variance;
        }
        return sum;
    }

    @ParameterizedTest
    @EnumSource
    void nanInNanOut(GramSide side) {
        double[] x = Batches.random(5, 9, 20);
        double[] y = Batches.random(6, 9, 20);
        x[7] = Double.NaN;
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = List.of(Tensor.zeros(Device.cpu(), 9, 20), Tensor.zeros(Device.cpu(), 9, 20));
            VicReg.Terms terms =
                    on(side).termsAndGradient(List.of(Batches.tensor(x, 9, 20), Batches.tensor(y, 9, 20)), gradients);
            assertThat(terms.invariance()).isNaN();
            assertThat(terms.variance()).isNaN();
            assertThat(terms.covariance()).isNaN();
            assertThat(gradients.get(0).toFloats()).contains(Float.NaN);
            assertThat(gradients.get(1).toFloats()).contains(Float.NaN);
        }
    }

    @Test
    void refusesWhatItCannotDo() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.zeros(Device.cpu(), 4, 3);
            Tensor one = Tensor.zeros(Device.cpu(), 1, 3);
            assertThatThrownBy(() -> new VicReg(25, Float.NaN, 1, 1e-4f, 1, true, GramSide.AUTO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("variance: expected a finite number of at least 0, got NaN");
            assertThatThrownBy(() -> on(GramSide.AUTO).value(List.of(z, z, z)))
                    .hasMessage("vicreg: expected 2 views, got 3");
            assertThatThrownBy(() -> on(GramSide.AUTO).value(List.of(one, one)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected at least 2 rows");
            assertThatThrownBy(() -> on(GramSide.AUTO).valueAndGradient(List.of(z, z), List.of(one)))
                    .hasMessage("vicreg: expected 2 gradients, one per view, got 1");
        }
    }

    private static Tensor poisoned(int n, int d) {
        return Tensor.empty(Device.cpu(), n, d).fill(Float.NaN);
    }
}
