package io.gramian.models.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SmallSvdTest {
    /** (3, 0; 0, -2): values 3 and 2. */
    @Test
    void aDiagonalMatrixByHand() {
        SmallSvd svd = SmallSvd.of(new double[] {-2, 0, 0, 3}, 2);
        assertThat(svd.s()).containsExactly(3, 2);
        assertThat(Math.abs(svd.u()[2])).isEqualTo(1);
        assertThat(Math.abs(svd.v()[2])).isEqualTo(1);
    }

    @Test
    void factorsMultiplyBackAndAreOrthogonal() {
        Random random = new Random(3);
        int d = 9;
        double[] a = random.doubles(d * d, -1, 1).toArray();
        SmallSvd svd = SmallSvd.of(a, d);
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double product = 0;
                double uu = 0;
                double vv = 0;
                for (int k = 0; k < d; k++) {
                    product += svd.u()[i * d + k] * svd.s()[k] * svd.v()[j * d + k];
                    uu += svd.u()[k * d + i] * svd.u()[k * d + j];
                    vv += svd.v()[k * d + i] * svd.v()[k * d + j];
                }
                assertThat(product).isCloseTo(a[i * d + j], within(1e-13));
                assertThat(uu).isCloseTo(i == j ? 1 : 0, within(1e-12));
                assertThat(vv).isCloseTo(i == j ? 1 : 0, within(1e-12));
            }
        }
        assertThat(svd.s()).isSortedAccordingTo((x, y) -> Double.compare(y, x));
    }

    /** The left vectors of A are the right vectors of A^T. */
    @Test
    void aMatrixIsAlignedWithItsTranspose() {
        double[] a = new Random(5).doubles(16, -1, 1).toArray();
        double[] transposed = new double[16];
        for (int i = 0; i < 16; i++) {
            transposed[i % 4 * 4 + i / 4] = a[i];
        }
        double[] alignment = SmallSvd.of(transposed, 4).alignment(SmallSvd.of(a, 4));
        assertThat(ToyHistory.diagonal(alignment, 4)).isCloseTo(1, within(1e-10));
        assertThat(ToyHistory.overlap(alignment, 2)).isCloseTo(1, within(1e-10));
    }
}
