package io.gramian.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The float64 truth of ZCA, PCA and iterative whitening against central differences and what they promise. */
class SliceReferenceTest {
    private static final int N = 9;
    private static final int D = 4;

    static Stream<Arguments> methods() {
        return Stream.of(
                        SliceReference.ZCA,
                        SliceReference.PCA,
                        SliceReference.iterative(1),
                        SliceReference.iterative(6))
                .flatMap(method -> Stream.of(Arguments.of(method, 0.0), Arguments.of(method, 0.2)));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void gradientIsTheSlope(SliceReference method, double eps) {
        double[] x = random(1);
        double[] weights = random(2);
        double[] gradient = method.gradient(x, weights, N, D, eps);
        double step = 1e-5;
        for (int i = 0; i < N * D; i++) {
            double here = x[i];
            x[i] = here + step;
            double above = dot(weights, method.value(x, N, D, eps));
            x[i] = here - step;
            double below = dot(weights, method.value(x, N, D, eps));
            x[i] = here;
            double slope = (above - below) / (2 * step);
            assertThat(gradient[i]).as("element %d", i).isCloseTo(slope, within(1e-6 * Math.max(1, Math.abs(slope))));
        }
    }

    /** 14 steps: the uncoupled iteration converges by then, and has not yet amplified its rounding. */
    @Test
    void allAreWhiteInTheEnd() {
        double[] x = random(3);
        for (SliceReference method : new SliceReference[] {
            SliceReference.CHOLESKY, SliceReference.ZCA, SliceReference.PCA, SliceReference.iterative(14)
        }) {
            double[] covariance = SliceReference.covariance(method.value(x, N, D, 0), N, D, 0);
            for (int i = 0; i < D * D; i++) {
                assertThat(covariance[i]).isCloseTo(i / D == i % D ? 1 : 0, within(1e-7));
            }
        }
        double[] zca = SliceReference.ZCA.value(x, N, D, 0);
        double[] iterative = SliceReference.iterative(14).value(x, N, D, 0);
        for (int i = 0; i < N * D; i++) {
            assertThat(iterative[i]).isCloseTo(zca[i], within(1e-7));
        }
    }

    @Test
    void eigenvaluesByHand() {
        EigenReference.Decomposition s = EigenReference.of(new double[] {2, 1, 1, 2}, 2);
        assertThat(s.values()[0]).isCloseTo(3, within(1e-12));
        assertThat(s.values()[1]).isCloseTo(1, within(1e-12));
        assertThat(s.vectors()[0]).isCloseTo(Math.sqrt(0.5), within(1e-12));
        assertThat(s.vectors()[2]).isCloseTo(Math.sqrt(0.5), within(1e-12));
    }

    private static double[] random(long seed) {
        return new Random(seed).doubles(N * D, -1, 1).toArray();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
