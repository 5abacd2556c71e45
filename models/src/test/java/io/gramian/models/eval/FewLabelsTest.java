package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FewLabelsTest {
    @Test
    void aDrawHasAsManyOfEachClassAsTheShareSays() {
        int[] labels = new int[1000];
        Arrays.setAll(labels, i -> i < 600 ? 0 : i < 990 ? 1 : 2);
        int[] rows = FewLabels.draw(labels, 0.1, 7);
        long[] counts = new long[3];
        Arrays.stream(rows).forEach(row -> counts[labels[row]]++);
        assertThat(counts).containsExactly(60, 39, 1);
        assertThat(rows).isSorted().doesNotHaveDuplicates();
        assertThat(FewLabels.draw(labels, 0.1, 7)).isEqualTo(rows);
        assertThat(FewLabels.draw(labels, 0.1, 8)).isNotEqualTo(rows);
        // a class keeps one row however small the share
        assertThat(FewLabels.draw(labels, 1e-6, 7)).hasSize(3);
        assertThat(FewLabels.draw(labels, 1, 7)).hasSize(1000);
    }

    @Test
    void moreLabelsAreBetterAndAllOfThemAreTheLinearProbe() {
        int d = 20;
        int[] labels = new Random(1).ints(1200, 0, 4).toArray();
        try (Scope scope = Scope.open()) {
            Tensor train = features(2, labels, d);
            Tensor test = features(3, labels, d);
            double few = FewLabels.accuracy(train, labels, test, labels, 4, 0.02, 5);
            double many = FewLabels.accuracy(train, labels, test, labels, 4, 0.5, 5);
            double all = FewLabels.accuracy(train, labels, test, labels, 4, 1, 5);
            assertThat(few).isBetween(0.3, many - 0.05);
            assertThat(all)
                    .isCloseTo(
                            LinearProbe.evaluate(train, labels, test, labels, 4).accuracy(),
                            org.assertj.core.api.Assertions.within(1e-9));
        }
    }

    @Test
    void badSharesAreRefused() {
        for (double share : new double[] {0, -0.1, 1.1, Double.NaN}) {
            assertThatThrownBy(() -> FewLabels.draw(new int[9], share, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("share of the labels: expected a number above 0 and at most 1, got " + share);
        }
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.zeros(Device.cpu(), 9, 2);
            assertThatThrownBy(() -> FewLabels.accuracy(x, new int[9], x, new int[9], 2, 0.1, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected at least 6 images, got 1 with 0.1");
        }
    }

    private static Tensor features(long seed, int[] labels, int d) {
        Random random = new Random(seed);
        float[] values = new float[labels.length * d];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() + (i % d == labels[i / d] ? 2.5 : 0));
        }
        return Tensor.of(Device.cpu(), values, labels.length, d);
    }
}
