package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.BarlowTwinsReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BarlowTwinsTest {
    private static final float EPS = 1e-5f;

    private static BarlowTwins on(GramSide side) {
        return new BarlowTwins(0.0051f, EPS, 1, side);
    }

    /** Columns (1, -1) and (1, -1) in a, (1, -1) and (-1, 1) in b: C = [[1, -1], [1, -1]] up to eps. */
    @ParameterizedTest
    @EnumSource
    void fourEntriesByHand(GramSide side) {
        try (Scope scope = Scope.open()) {
            Tensor a = Tensor.of(Device.cpu(), new float[] {1, 1, -1, -1}, 2, 2);
            Tensor b = Tensor.of(Device.cpu(), new float[] {1, -1, -1, 1}, 2, 2);
            double loss = new BarlowTwins(0.5f, 1e-12f, 0.1f, side).value(List.of(a, b));
            // (1 - 1)^2 + (1 + 1)^2 + 0.5 (1 + 1), times 0.1
            Batches.assertClose(loss, 0.5, 1e-6);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "3,1", "2,31", "33,17", "31,127", "127,33", "129,129", "64,257", "257,64", "40,600", "600,40", "300,520",
        "20,1100"
    })
    void bothSidesAgreeWithTheTruth(int n, int d) {
        double[] a = Batches.random(n * 1000L + d, n, d);
        double[] b = Batches.view(a, n * 1000L + d + 1);
        var truth = BarlowTwinsReference.valueAndGradient(a, b, n, d, 0.0051f, EPS, 1);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(a, n, d), Batches.tensor(b, n, d));
            for (GramSide side : GramSide.values()) {
                List<Tensor> gradients = List.of(poisoned(n, d), poisoned(n, d));
                double loss = on(side).valueAndGradient(views, gradients);
                assertThat(loss).isCloseTo(truth.loss(), within(1e-8 + 5e-6 * truth.loss()));
                Batches.assertClose(gradients.get(0), truth.da(), 2e-5);
                Batches.assertClose(gradients.get(1), truth.db(), 2e-5);
                assertThat(on(side).value(views)).isEqualTo(loss);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"3,1", "33,17", "127,33", "31,129", "64,600", "300,520"})
    void theUnbiasedFormAgreesWithTheTruth(int n, int d) {
        double[] a = Batches.random(n, n, d);
        double[] b = Batches.view(a, d);
        for (int i = 0; i < n && d > 4; i++) {
            b[i * d + 4] = -2; // a constant column gets no gradient
        }
        var truth = BarlowTwinsReference.unbiased(a, b, n, d, 0.0051f, EPS, 0.5f);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(a, n, d), Batches.tensor(b, n, d));
            for (GramSide side : GramSide.values()) {
                List<Tensor> gradients = List.of(poisoned(n, d), poisoned(n, d));
                BarlowTwins loss = new BarlowTwins(0.0051f, EPS, 0.5f, Standardization.UNBIASED, side);
                assertThat(loss.valueAndGradient(views, gradients))
                        .isCloseTo(truth.loss(), within(1e-8 + 5e-6 * truth.loss()));
                Batches.assertClose(gradients.get(0), truth.da(), 2e-5);
                Batches.assertClose(gradients.get(1), truth.db(), 2e-5);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void termsAddUpToTheLoss(GramSide side) {
        try (Scope scope = Scope.open()) {
            double[] a = Batches.random(8, 20, 30);
            List<Tensor> views = List.of(Batches.tensor(a, 20, 30), Batches.tensor(Batches.view(a, 9), 20, 30));
            BarlowTwins loss = new BarlowTwins(0.01f, EPS, 0.1f, side);
            BarlowTwins.Terms terms = loss.terms(views);
            assertThat(terms.offDiagonal()).isPositive();
            LossTerms named = loss.namedTermsAndGradient(views, List.of(poisoned(20, 30), poisoned(20, 30)));
            assertThat(named.loss())
                    .isEqualTo(0.1f * (terms.onDiagonal() + 0.01f * terms.offDiagonal()))
                    .isEqualTo(loss.value(views));
            assertThat(named.terms().keySet()).containsExactly("on-diagonal", "off-diagonal");
            assertThat(named.terms()).containsEntry("on-diagonal", terms.onDiagonal());
        }
    }

    /** C = a^T b / n keeps its diagonal and its squares when the rows or the columns of both views are permuted. */
    @ParameterizedTest
    @EnumSource
    void permutationsOfRowsAndColumnsChangeNothing(GramSide side) {
        double[] a = Batches.random(10, 40, 52);
        double[] b = Batches.view(a, 11);
        try (Scope scope = Scope.open()) {
            double loss = on(side).value(List.of(Batches.tensor(a, 40, 52), Batches.tensor(b, 40, 52)));
            double moved = on(side).value(List.of(
                    Batches.tensor(Batches.shuffled(a, 40, 52), 40, 52),
                    Batches.tensor(Batches.shuffled(b, 40, 52), 40, 52)));
            Batches.assertClose(moved, loss, 1e-6);
        }
    }

    @Test
    void aConstantColumnIsUncorrelatedAndGetsNoGradient() {
        int n = 6;
        int d = 5;
        double[] a = Batches.random(1, n, d);
        double[] b = Batches.random(2, n, d);
        for (int i = 0; i < n; i++) {
            a[i * d + 2] = 3.7f;
            b[i * d + 2] = -1.25f;
        }
        var truth = BarlowTwinsReference.valueAndGradient(a, b, n, d, 0.0051f, EPS, 1);
        try (Scope scope = Scope.open()) {
            for (GramSide side : GramSide.values()) {
                List<Tensor> gradients = List.of(poisoned(n, d), poisoned(n, d));
                double loss =
                        on(side).valueAndGradient(List.of(Batches.tensor(a, n, d), Batches.tensor(b, n, d)), gradients);
                Batches.assertClose(loss, truth.loss(), 2e-6);
                Batches.assertClose(gradients.get(0), truth.da(), 1e-5);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aShiftAndAScaleOfAColumnChangeNothing(GramSide side) {
        int n = 48;
        int d = 40;
        double[] a = Batches.random(3, n, d);
        double[] b = Batches.view(a, 4);
        double[] moved = a.clone();
        for (int i = 0; i < n; i++) {
            moved[i * d + 7] = (float) (8 * a[i * d + 7] + 1000);
        }
        try (Scope scope = Scope.open()) {
            Tensor other = Batches.tensor(b, n, d);
            double loss = on(side).value(List.of(Batches.tensor(a, n, d), other));
            Batches.assertClose(on(side).value(List.of(Batches.tensor(moved, n, d), other)), loss, 1e-4);
            Batches.assertClose(on(side).value(List.of(other, Batches.tensor(a, n, d))), loss, 1e-6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nanInNanOut(GramSide side) {
        double[] a = Batches.random(5, 9, 20);
        double[] b = Batches.random(6, 9, 20);
        a[7] = Double.NaN;
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = List.of(Tensor.zeros(Device.cpu(), 9, 20), Tensor.zeros(Device.cpu(), 9, 20));
            double loss =
                    on(side).valueAndGradient(List.of(Batches.tensor(a, 9, 20), Batches.tensor(b, 9, 20)), gradients);
            assertThat(loss).isNaN();
            assertThat(gradients.get(0).toFloats()).contains(Float.NaN);
            assertThat(gradients.get(1).toFloats()).contains(Float.NaN);
        }
    }

    @Test
    void refusesWhatItCannotDo() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.zeros(Device.cpu(), 4, 3);
            Tensor one = Tensor.zeros(Device.cpu(), 1, 3);
            assertThatThrownBy(() -> new BarlowTwins(-1, EPS, 1, GramSide.AUTO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("lambda: expected a finite number of at least 0, got -1.0");
            assertThatThrownBy(() -> on(GramSide.AUTO).value(List.of(z)))
                    .hasMessage("barlow-twins: expected 2 views, got 1");
            assertThatThrownBy(() -> on(GramSide.AUTO).value(List.of(one, one)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected at least 2 rows");
            assertThatThrownBy(() -> on(GramSide.AUTO).value(List.of(z, one)))
                    .hasMessage("b: expected the shape of a (4, 3), got (1, 3)");
            assertThatThrownBy(() -> on(GramSide.AUTO).valueAndGradient(List.of(z, z), List.of(z, one)))
                    .hasMessage("db: expected shape (4, 3), got (1, 3)");
            Tensor dz = Tensor.zeros(Device.cpu(), 4, 3);
            assertThatThrownBy(() -> on(GramSide.AUTO).valueAndGradient(List.of(z, z), List.of(dz, z)))
                    .hasMessageStartingWith("db overlaps a");
        }
    }

    private static Tensor poisoned(int n, int d) {
        return Tensor.empty(Device.cpu(), n, d).fill(Float.NaN);
    }
}
