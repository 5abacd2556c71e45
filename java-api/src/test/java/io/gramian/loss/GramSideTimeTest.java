package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Prints the time of Barlow Twins, forward and backward, on both sides around the crossover (docs/numerics.md). */
class GramSideTimeTest {
    private static final int N = 192;
    private static final int REPETITIONS = 60;

    @Test
    void autoTakesTheFasterSideWhereItMatters() {
        System.out.printf("%6s %8s %14s %14s%n", "d/n", "d", "features, ms", "samples, ms");
        for (double ratio : new double[] {0.25, 0.5, 1, 1.125, 1.25, 1.5, 2, 4}) {
            int d = (int) (ratio * N);
            double[] best = milliseconds(d);
            double features = best[0];
            double samples = best[1];
            System.out.printf("%6.3f %8d %14.3f %14.3f%n", ratio, d, features, samples);
            // four times the operations: no noise of a busy machine survives the minimum of many runs
            if (ratio >= 4) {
                assertThat(samples).isLessThan(features);
            } else if (ratio <= 0.25) {
                assertThat(features).isLessThan(samples);
            }
        }
    }

    /** Least time on the feature side and on the sample side, measured in turns. */
    private static double[] milliseconds(int d) {
        double[] z = Batches.random(1, N, d);
        double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(Batches.tensor(z, N, d), Batches.tensor(Batches.view(z, 2), N, d));
            List<Tensor> gradients = List.of(Tensor.empty(Device.cpu(), N, d), Tensor.empty(Device.cpu(), N, d));
            for (int i = 0; i < 2 * REPETITIONS; i++) {
                GramSide side = i % 2 == 0 ? GramSide.FEATURES : GramSide.SAMPLES;
                BarlowTwins loss = new BarlowTwins(0.0051f, 1e-5f, 1, side);
                long start = System.nanoTime();
                loss.valueAndGradient(views, gradients);
                best[i % 2] = Math.min(best[i % 2], (System.nanoTime() - start) * 1e-6);
            }
        }
        return best;
    }
}
