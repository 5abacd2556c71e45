package io.gramian.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The float64 truth of penalties, VICReg-exp and -ctr, and predictive losses against central differences. */
class PredictiveReferencesTest {
    private static final int N = 7;
    private static final int D = 5;

    private final double[] x = random(1);
    private final double[] y = random(2);

    @Test
    void unbiasedBarlowTwins() {
        var result = BarlowTwinsReference.unbiased(x, y, N, D, 0.1, 1e-3, 0.5);
        assertGradient(x, result.da(), v -> BarlowTwinsReference.unbiased(v, y, N, D, 0.1, 1e-3, 0.5)
                .loss());
        assertGradient(y, result.db(), v -> BarlowTwinsReference.unbiased(x, v, N, D, 0.1, 1e-3, 0.5)
                .loss());
        for (int i = 0; i < N; i++) {
            x[i * D] = 3;
        }
        double[] constant =
                BarlowTwinsReference.unbiased(x, y, N, D, 0.1, 1e-3, 0.5).da();
        assertThat(constant).doesNotContain(Double.NaN);
    }

    @Test
    void otherPenalties() {
        assertGradient(
                x,
                OffDiagonalAbsoluteReference.gradient(x, N, D, 3),
                v -> OffDiagonalAbsoluteReference.value(v, N, D, 3));
        assertGradient(
                x,
                OffDiagonalExponentialReference.gradient(x, N, D, 3, 0.2),
                v -> OffDiagonalExponentialReference.value(v, N, D, 3, 0.2));
    }

    @Test
    void vicRegExpAndCtr() {
        VicRegReference.Settings settings = new VicRegReference.Settings(25, 15, 2, 1e-4, 0.7, 0.5);
        var exp = VicRegExpReference.exp(x, y, N, D, settings, 0.3);
        assertGradient(x, exp.dx(), v -> VicRegExpReference.exp(v, y, N, D, settings, 0.3)
                .loss());
        assertGradient(y, exp.dy(), v -> VicRegExpReference.exp(x, v, N, D, settings, 0.3)
                .loss());
        var ctr = VicRegExpReference.ctr(x, y, N, D, settings, 0.3);
        assertGradient(x, ctr.dx(), v -> VicRegExpReference.ctr(v, y, N, D, settings, 0.3)
                .loss());
        assertGradient(y, ctr.dy(), v -> VicRegExpReference.ctr(x, v, N, D, settings, 0.3)
                .loss());
    }

    @Test
    void negativeCosine() {
        assertGradient(
                x,
                NegativeCosineReference.gradient(x, y, N, D, 1e-8),
                v -> NegativeCosineReference.value(v, y, N, D, 1e-8));
    }

    @Test
    void leJepa() {
        LeJepaReference.Settings settings = new LeJepaReference.Settings(0.3, 9, 2.5, 2);
        double[] z = random(3);
        double[] directions = random(4);
        var result = LeJepaReference.valueAndGradient(new double[][] {x, y, z}, N, D, directions, N, settings);
        assertGradient(x, result.gradients()[0], v -> LeJepaReference.valueAndGradient(
                        new double[][] {v, y, z}, N, D, directions, N, settings)
                .loss());
        assertGradient(z, result.gradients()[2], v -> LeJepaReference.valueAndGradient(
                        new double[][] {x, y, v}, N, D, directions, N, settings)
                .loss());
    }

    @Test
    void alignmentAndUniformity() {
        assertGradient(
                x,
                AlignmentUniformityReference.alignmentGradient(x, y, N, D),
                v -> AlignmentUniformityReference.alignment(v, y, N, D));
        assertGradient(
                x,
                AlignmentUniformityReference.alignmentGradient(x, y, N, D, 1.5),
                v -> AlignmentUniformityReference.alignment(v, y, N, D, 1.5));
        assertGradient(
                x,
                AlignmentUniformityReference.uniformityGradient(x, N, D, 2),
                v -> AlignmentUniformityReference.uniformity(v, N, D, 2));
    }

    private static double[] random(long seed) {
        return new Random(seed).doubles(N * D, -1, 1).toArray();
    }

    private static void assertGradient(double[] at, double[] gradient, ToDoubleFunction<double[]> f) {
        double step = 1e-6;
        for (int i = 0; i < at.length; i++) {
            double[] moved = at.clone();
            moved[i] = at[i] + step;
            double up = f.applyAsDouble(moved);
            moved[i] = at[i] - step;
            double down = f.applyAsDouble(moved);
            assertThat(gradient[i]).as("entry %d", i).isCloseTo((up - down) / (2 * step), within(1e-7));
        }
    }
}
