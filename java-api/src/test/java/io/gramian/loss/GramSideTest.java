package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.OffDiagonalPenaltyReference;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where AUTO goes, and what docs/numerics.md says about the precision of both sides. */
class GramSideTest {
    @Test
    void autoTakesTheSampleSideFromFiveFourthsOn() {
        assertThat(GramSide.AUTO.onSamples(256, 319)).isFalse();
        assertThat(GramSide.AUTO.onSamples(256, 320)).isTrue();
        assertThat(GramSide.SAMPLES.onSamples(256, 1)).isTrue();
        assertThat(GramSide.FEATURES.onSamples(1, 256)).isFalse();
    }

    /** The rule on a grid: never the sample side below d = 1.25 n, and always from there on; beyond 32 bits too. */
    @Test
    void theChoiceDependsOnTheRatioAlone() {
        for (long n = 1; n <= 4096; n *= 2) {
            for (long d = 1; d <= 16384; d *= 2) {
                assertThat(GramSide.AUTO.onSamples(n, d)).as("%d x %d", n, d).isEqualTo(d >= 1.25 * n);
                assertThat(GramSide.SAMPLES.onSamples(n, d)).isTrue();
                assertThat(GramSide.FEATURES.onSamples(n, d)).isFalse();
            }
        }
        assertThat(GramSide.AUTO.onSamples(1L << 40, 1L << 41)).isTrue();
        assertThat(GramSide.AUTO.onSamples(1L << 41, 1L << 40)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"40,49,FEATURES", "40,50,SAMPLES"})
    void autoHasTheBitsOfTheSideItTakes(int n, int d, GramSide side) {
        double[] z = Batches.random(n, n, d);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(z, n, d), Batches.tensor(Batches.view(z, d), n, d));
            BarlowTwins auto = BarlowTwins.defaults();
            BarlowTwins chosen = new BarlowTwins(auto.lambda(), auto.eps(), auto.scale(), side);
            assertThat(auto.side()).isEqualTo(GramSide.AUTO);
            assertThat(auto.value(views)).isEqualTo(chosen.value(views));
        }
    }

    /** The spectral loss has the roles exchanged: features from n = 1.25 d on. */
    @ParameterizedTest
    @CsvSource({"50,40,FEATURES", "49,40,SAMPLES", "20,40,SAMPLES"})
    void theSpectralLossTakesTheFeaturesWhereTheyAreFew(int n, int d, GramSide side) {
        double[] z = Batches.random(n, n, d);
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(z, n, d), Batches.tensor(Batches.view(z, d), n, d));
            GramSide other = side == GramSide.SAMPLES ? GramSide.FEATURES : GramSide.SAMPLES;
            double auto = SpectralContrastive.defaults().value(views);
            assertThat(auto).isEqualTo(new SpectralContrastive(1, side).value(views));
            assertThat(auto).isCloseTo(new SpectralContrastive(1, other).value(views), within(2e-6));
        }
    }

    /**
     * Features that are orthogonal up to noise, the hardest case: the sample side subtracts nearly everything when d is
     * below n, and has nothing to fear where AUTO takes it.
     */
    @ParameterizedTest
    @CsvSource({"256,512,1e-6,1e-6", "256,320,1e-6,1e-6", "512,128,1e-4,1e-1", "2048,64,1e-4,1e-1"})
    void precisionOnNearlyOrthogonalFeatures(int n, int d, double features, double samples) {
        double[] z = nearlyOrthogonal(n, d);
        double expected = OffDiagonalPenaltyReference.value(z, n, d, n);
        try (Scope scope = Scope.open()) {
            Tensor input = Batches.tensor(z, n, d);
            Batches.assertClose(new OffDiagonalPenalty(n, GramSide.FEATURES).value(input), expected, features);
            Batches.assertClose(new OffDiagonalPenalty(n, GramSide.SAMPLES).value(input), expected, samples);
            Batches.assertClose(new OffDiagonalPenalty(n, GramSide.AUTO).value(input), expected, features);
            Tensor dz = Tensor.empty(Device.cpu(), n, d).fill(Float.NaN);
            new OffDiagonalPenalty(n, GramSide.AUTO).valueAndGradient(input, dz);
            Batches.assertClose(dz, OffDiagonalPenaltyReference.gradient(z, n, d, n), 1e-3);
        }
    }

    /** Orthonormal columns times sqrt(n) where they fit (d < n), plus noise of 1e-3; rounded to float32. */
    private static double[] nearlyOrthogonal(int n, int d) {
        Random random = new Random(7);
        double[] z =
                random.doubles((long) n * d).map(x -> random.nextGaussian()).toArray();
        for (int j = 0; j < d && d < n; j++) {
            for (int k = 0; k < j; k++) {
                double dot = dot(z, n, d, j, k);
                for (int i = 0; i < n; i++) {
                    z[i * d + j] -= dot * z[i * d + k] / n;
                }
            }
            double norm = Math.sqrt(dot(z, n, d, j, j) / n);
            for (int i = 0; i < n; i++) {
                z[i * d + j] /= norm;
            }
        }
        for (int i = 0; i < n * d; i++) {
            z[i] = (float) (z[i] + 1e-3 * random.nextGaussian());
        }
        return z;
    }

    private static double dot(double[] z, int n, int d, int j, int k) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += z[i * d + j] * z[i * d + k];
        }
        return sum;
    }
}
