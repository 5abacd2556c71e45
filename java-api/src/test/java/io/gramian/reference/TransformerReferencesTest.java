package io.gramian.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The float64 truth of transformer layers against central differences, and against numbers from tables. */
class TransformerReferencesTest {
    private final Random random = new Random(11);

    @Test
    void normalDistributionAsInTables() {
        assertThat(GeluReference.distribution(0)).isEqualTo(0.5);
        assertThat(GeluReference.distribution(1)).isCloseTo(0.841344746068543, within(1e-14));
        assertThat(GeluReference.distribution(-2)).isCloseTo(0.022750131948179, within(1e-14));
        assertThat(GeluReference.distribution(-5)).isCloseTo(2.866515718791939e-7, within(1e-18));
        assertThat(GeluReference.distribution(-10)).isCloseTo(7.619853024160527e-24, within(1e-34));
    }

    @Test
    void gelu() {
        for (double x : new double[] {-4.1, -3.5, -1, 0, 0.3, 2, 6}) {
            double numeric = (GeluReference.value(x + 1e-5) - GeluReference.value(x - 1e-5)) / 2e-5;
            assertThat(GeluReference.derivative(x)).as("at %s", x).isCloseTo(numeric, within(1e-9));
        }
    }

    @Test
    void layerNorm() {
        LayerNormReference truth = new LayerNormReference(3, 5, 1e-3);
        double[] x = values(15);
        double[] gamma = values(5);
        double[] beta = values(5);
        double[] dy = values(15);
        assertGradient(x, dy, truth.dx(x, gamma, dy), v -> truth.value(v, gamma, beta));
        assertGradient(gamma, dy, truth.dgamma(x, dy), v -> truth.value(x, v, beta));
        assertGradient(beta, dy, truth.dbeta(dy), v -> truth.value(x, gamma, v));
    }

    @Test
    void attention() {
        AttentionReference truth = new AttentionReference(2, 4, 2, 3, 0.7);
        double[] qkv = values(2 * 4 * 3 * 2 * 3);
        double[] dout = values(2 * 4 * 2 * 3);
        assertGradient(qkv, dout, truth.gradient(qkv, dout), truth::value);
    }

    private double[] values(int count) {
        return random.doubles(count, -1, 1).toArray();
    }

    private static void assertGradient(
            double[] at, double[] cotangent, double[] gradient, Function<double[], double[]> output) {
        assertThat(gradient).hasSameSizeAs(at);
        for (int i = 0; i < at.length; i++) {
            double[] up = at.clone();
            double[] down = at.clone();
            up[i] += 1e-5;
            down[i] -= 1e-5;
            double[] above = output.apply(up);
            double[] below = output.apply(down);
            double numeric = 0;
            for (int k = 0; k < cotangent.length; k++) {
                numeric += cotangent[k] * (above[k] - below[k]) / 2e-5;
            }
            assertThat(gradient[i]).as("entry %d", i).isCloseTo(numeric, within(1e-8));
        }
    }
}
