package io.gramian.models.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.autograd.nn.Generator;
import org.junit.jupiter.api.Test;

class AugmentationFlowTest {
    private static final int D = 4;
    private static final int N = 7;

    /** Lemma 2 against central differences of equation 5, written out. */
    @Test
    void aStepFollowsTheGradientOfTheLoss() {
        AugmentationFlow flow = new AugmentationFlow(D, N, 1.5, Generator.of(4));
        double[] before = flow.weights().clone();
        flow.step(0);
        double h = 1e-6;
        for (int e = 0; e < D * D; e++) {
            double[] up = before.clone();
            double[] down = before.clone();
            up[e] += h;
            down[e] -= h;
            double slope = (loss(up, flow.batch(), flow.shifts()) - loss(down, flow.batch(), flow.shifts())) / (2 * h);
            assertThat((flow.weights()[e] - before[e]) / -AugmentationFlow.RATE).isCloseTo(slope, within(1e-8));
        }
    }

    private static double loss(double[] w, double[] x, double[] shift) {
        double total = 0;
        for (int i = 0; i < N; i++) {
            double[] own = new double[D];
            System.arraycopy(shift, i * D, own, 0, D);
            double positive = Math.exp(-squaredNorm(w, own) / 2);
            double sum = positive;
            for (int j = 0; j < N; j++) {
                double[] gap = new double[D];
                for (int k = 0; k < D; k++) {
                    gap[k] = x[i * D + k] - x[j * D + k];
                }
                sum += j == i ? 0 : Math.exp(-squaredNorm(w, gap) / 2);
            }
            total -= Math.log(positive / sum) / N;
        }
        return total;
    }

    private static double squaredNorm(double[] w, double[] v) {
        double sum = 0;
        for (int p = 0; p < D; p++) {
            double z = 0;
            for (int k = 0; k < D; k++) {
                z += w[p * D + k] * v[k];
            }
            sum += z * z;
        }
        return sum;
    }
}
