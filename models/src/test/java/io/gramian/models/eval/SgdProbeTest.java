package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SgdProbeTest {
    private static final int D = 5;
    private final Device device = Device.cpu();
    private final SgdProbe.Settings settings = new SgdProbe.Settings(25, 64, 0.9, 0, 1);

    private Tensor gaussians(long seed, int[] labels, double scale) {
        Random random = new Random(seed);
        float[] values = new float[labels.length * D];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (scale * (random.nextGaussian() + (i % D == 2 ? 3 * labels[i / D] : 0)));
        }
        return Tensor.of(device, values, labels.length, D);
    }

    /** Classes at distance 3: the best rule is right with probability Phi(1.5) = 0.9332, whatever the scale of the features. */
    @ParameterizedTest
    @ValueSource(doubles = {0.05, 1, 5})
    void approachesTheBestRuleAtAnyScale(double scale) {
        try (Scope scope = Scope.open()) {
            int[] labels = new Random(5).ints(3000, 0, 2).toArray();
            Tensor train = gaussians(1, labels, scale);
            Tensor test = gaussians(2, labels, scale);
            SgdProbe.Result result = SgdProbe.evaluate(train, labels, test, labels, 2, settings);
            assertThat(result.accuracy()).isBetween(0.915, 0.95);
            assertThat(SgdProbe.evaluate(train, labels, test, labels, 2, settings))
                    .isEqualTo(result);
        }
    }

    @Test
    void featuresThatAreNoNumbersAreRefused() {
        try (Scope scope = Scope.open()) {
            Tensor bad = Tensor.empty(device, 60, 2).fill(Float.NaN);
            assertThatThrownBy(() -> SgdProbe.evaluate(bad, new int[60], bad, new int[60], 2, settings))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("expected finite features");
            Tensor good = Tensor.zeros(device, 60, 2);
            assertThatThrownBy(() -> SgdProbe.evaluate(good, new int[60], good, new int[59], 2, settings))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("labels: expected one for each of 60 rows, got 59");
        }
    }

    @Test
    void settingsOutOfTheirRangesAreRefused() {
        assertThatThrownBy(() -> new SgdProbe.Settings(0, 64, 0.9, 0, 1)).hasMessageContaining("epochs");
        assertThatThrownBy(() -> new SgdProbe.Settings(1, 64, 1, 0, 1))
                .hasMessage("momentum: expected a number from 0 to below 1, got 1.0");
        assertThatThrownBy(() -> new SgdProbe.Settings(1, 64, 0.9, Double.NaN, 1))
                .hasMessageContaining("weightDecay");
    }
}
