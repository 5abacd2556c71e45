package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.OffDiagonalPenaltyReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OffDiagonalPenaltyTest {
    /** Columns (1, 2) and (3, 4): one pair, inner product 11, counted twice, divided by 2 and squared. */
    @ParameterizedTest
    @EnumSource
    void onePairByHand(GramSide side) {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.of(Device.cpu(), new float[] {1, 3, 2, 4}, 2, 2);
            Tensor dz = Tensor.zeros(Device.cpu(), 2, 2);
            assertThat(new OffDiagonalPenalty(2, side).valueAndGradient(z, dz)).isEqualTo(2 * 5.5 * 5.5);
            // 4 / scale^2 * 11 * the other column
            assertThat(dz.toFloats()).containsExactly(33, 11, 44, 22);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,40", "5,3", "31,33", "129,127", "33,257", "257,33", "20,1100", "90,650"})
    void bothSidesAgreeWithTheTruth(int n, int d) {
        double[] z = Batches.random(n * 1000L + d, n, d);
        double value = OffDiagonalPenaltyReference.value(z, n, d, n);
        double[] gradient = OffDiagonalPenaltyReference.gradient(z, n, d, n);
        try (Scope scope = Scope.open()) {
            Tensor input = Batches.tensor(z, n, d);
            for (GramSide side : GramSide.values()) {
                Tensor dz = Tensor.empty(Device.cpu(), n, d).fill(Float.NaN);
                OffDiagonalPenalty penalty = new OffDiagonalPenalty(n, side);
                double loss = penalty.valueAndGradient(input, dz);
                assertThat(loss).isCloseTo(value, within(2e-6 * value + 1e-7));
                assertThat(penalty.value(input)).isEqualTo(loss);
                if (d > 1) {
                    Batches.assertClose(dz, gradient, 1e-5);
                } else {
                    assertThat(dz.item()).isEqualTo(0f);
                }
            }
        }
    }

    @Test
    void nothingHasNoPenalty() {
        try (Scope scope = Scope.open()) {
            Tensor rows = Tensor.zeros(Device.cpu(), 0, 4);
            Tensor columns = Tensor.zeros(Device.cpu(), 4, 0);
            assertThat(new OffDiagonalPenalty(1, GramSide.SAMPLES).valueAndGradient(rows, rows.copy()))
                    .isZero();
            assertThat(new OffDiagonalPenalty(1, GramSide.FEATURES).valueAndGradient(columns, columns.copy()))
                    .isZero();
        }
    }

    @Test
    void refusesWhatItCannotDo() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.zeros(Device.cpu(), 4, 3);
            OffDiagonalPenalty penalty = new OffDiagonalPenalty(1, GramSide.AUTO);
            assertThatThrownBy(() -> new OffDiagonalPenalty(0, GramSide.AUTO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("scale: expected a finite number above 0, got 0.0");
            assertThatThrownBy(() -> penalty.valueAndGradient(z, z)).hasMessageStartingWith("dz overlaps z");
            assertThatThrownBy(() -> penalty.value(z.reshape(12)))
                    .hasMessage("z: expected a matrix (n, d), got shape (12)");
        }
    }
}
