package io.gramian.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The float64 truth of the covariance family against central differences, and against identities. */
class CovarianceReferencesTest {
    private static final int N = 7;
    private static final int D = 5;

    @Test
    void standardisation() {
        double[] z = random(1, N * D);
        double[] du = random(2, N * D);
        double[] gradient = StandardizeColumnsReference.gradient(z, du, N, D, 1e-3);
        assertGradient(z, gradient, x -> dot(du, StandardizeColumnsReference.value(x, N, D, 1e-3)));
    }

    @Test
    void crossCorrelation() {
        double[] a = random(3, N * D);
        double[] b = random(4, N * 3);
        double[] dc = random(5, D * 3);
        double eps = 1e-3;
        assertGradient(
                a,
                CrossCorrelationReference.gradientA(a, b, dc, N, D, 3, eps),
                x -> dot(dc, CrossCorrelationReference.value(x, b, N, D, 3, eps)));
        assertGradient(
                b,
                CrossCorrelationReference.gradientB(a, b, dc, N, D, 3, eps),
                x -> dot(dc, CrossCorrelationReference.value(a, x, N, D, 3, eps)));
    }

    @Test
    void barlowTwins() {
        double[] a = random(6, N * D);
        double[] b = random(7, N * D);
        var result = BarlowTwinsReference.valueAndGradient(a, b, N, D, 0.1, 1e-3, 0.5);
        assertGradient(a, result.da(), x -> BarlowTwinsReference.value(x, b, N, D, 0.1, 1e-3, 0.5));
        assertGradient(b, result.db(), x -> BarlowTwinsReference.value(a, x, N, D, 0.1, 1e-3, 0.5));
    }

    @Test
    void offDiagonalPenalty() {
        double[] z = random(8, N * D);
        double[] gradient = OffDiagonalPenaltyReference.gradient(z, N, D, 3);
        assertGradient(z, gradient, x -> OffDiagonalPenaltyReference.value(x, N, D, 3));
    }

    @Test
    void vicReg() {
        double[] x = random(9, N * D);
        double[] y = random(10, N * D);
        for (double hinge : new double[] {0.5, 1}) {
            // gamma between the standard deviations of the columns, so that some hinges are open and some are not
            var settings = new VicRegReference.Settings(3, 5, 2, 1e-3, 0.58, hinge);
            var result = VicRegReference.valueAndGradient(x, y, N, D, settings);
            assertThat(result.variance()).isPositive();
            assertGradient(x, result.dx(), v -> VicRegReference.valueAndGradient(v, y, N, D, settings)
                    .loss());
            assertGradient(y, result.dy(), v -> VicRegReference.valueAndGradient(x, v, N, D, settings)
                    .loss());
        }
    }

    /** Squared off-diagonal sums of both Grams differ by the fourth powers of column and row norms. */
    @Test
    void dualityOfTheTwoGrams() {
        double[] z = random(11, N * D);
        double[] transposed = new double[N * D];
        double columns = 0;
        double rows = 0;
        for (int j = 0; j < D; j++) {
            double square = 0;
            for (int i = 0; i < N; i++) {
                transposed[j * N + i] = z[i * D + j];
                square += z[i * D + j] * z[i * D + j];
            }
            columns += square * square;
        }
        for (int i = 0; i < N; i++) {
            double square = 0;
            for (int j = 0; j < D; j++) {
                square += z[i * D + j] * z[i * D + j];
            }
            rows += square * square;
        }
        double features = OffDiagonalPenaltyReference.value(z, N, D, 1);
        double samples = OffDiagonalPenaltyReference.value(transposed, D, N, 1);
        assertThat(features + columns).isCloseTo(samples + rows, within(1e-12 * (features + columns)));
    }

    private static double[] random(long seed, int count) {
        return new Random(seed).doubles(count, -1, 1).toArray();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void assertGradient(double[] x, double[] gradient, ToDoubleFunction<double[]> f) {
        double step = 1e-6;
        for (int i = 0; i < x.length; i++) {
            double[] moved = x.clone();
            moved[i] = x[i] + step;
            double up = f.applyAsDouble(moved);
            moved[i] = x[i] - step;
            double down = f.applyAsDouble(moved);
            assertThat(gradient[i]).as("entry %d", i).isCloseTo((up - down) / (2 * step), within(1e-7));
        }
    }
}
