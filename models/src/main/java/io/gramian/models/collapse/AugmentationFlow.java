package io.gramian.models.collapse;

import io.gramian.autograd.nn.Generator;
import java.util.ArrayList;
import java.util.List;

/**
 * Gradient descent of one linear layer {@code z = W x} on the paper's own loss, in float64:
 *
 * <pre>{@code
 * L = 1/n sum_i -log [ exp(-|z_i - z'_i|^2 / 2) / (exp(-|z_i - z'_i|^2 / 2) + sum_{j != i} exp(-|z_i - z_j|^2 / 2)) ]   (eq. 5)
 * dL/dW = W (S1 - S0)                                                                                     (lemma 2)
 * S0 = 1/n sum_i sum_{j != i} a_ij (x_i - x_j)(x_i - x_j)^T,   S1 = 1/n sum_i (1 - a_ii) (x'_i - x_i)(x'_i - x_i)^T
 * }</pre>
 *
 * with the softmax weights a. Points are normal with {@code E (x_i - x_j)(x_i - x_j)^T = I}; the augmentation x' - x is normal with
 * covariance {@code diag(0, k I)} on the second half of the coordinates. {@code 4 n^2 d} multiplications a step.
 *
 * <p>Theorem 1: where the augmentation varies more than the data, that is from k = 1 on, the augmented directions have a negative
 * eigenvalue in S0 - S1, and their singular values vanish.
 */
final class AugmentationFlow {
    /** Variance of a coordinate of a point: differences of two have variance 1. */
    private static final double VARIANCE = 0.5;

    static final double RATE = 0.1;
    private static final int POOL = 1 << 14;

    private final int d;
    private final int n;
    private final double[] points;
    private final double[] noise;
    private final Generator places;
    private final double[] w;
    private final double[] x;
    private final double[] shift;
    private final double[] z;
    private final double[] weight;

    /** A layer with the initial weights of PyTorch, and normal points with augmentation of variance k. */
    AugmentationFlow(int d, int n, double k, Generator generator) {
        this.d = d;
        this.n = n;
        this.points = normal(generator.split(0), Math.max(POOL, n), Math.sqrt(VARIANCE), 0);
        this.noise = normal(generator.split(1), Math.max(POOL, n), Math.sqrt(k), d / 2);
        this.places = generator.split(2);
        this.w = new double[d * d];
        Generator initial = generator.split(3);
        for (int i = 0; i < w.length; i++) {
            w[i] = (2 * initial.uniform(i) - 1) / Math.sqrt(d);
        }
        this.x = new double[n * d];
        this.shift = new double[n * d];
        this.z = new double[n * d];
        this.weight = new double[n * n];
    }

    /** Singular values after so many steps, at evenly spaced measurements; the first is before training. */
    List<double[]> run(int steps, int snapshots) {
        List<double[]> measured = new ArrayList<>();
        for (long step = 0; step <= steps; step++) {
            if (step == (long) measured.size() * steps / snapshots) {
                measured.add(SmallSvd.of(w, d).s());
            }
            if (step < steps) {
                step(step);
            }
        }
        return measured;
    }

    /** One step; changes {@link #weights} by {@code -RATE dL/dW}. */
    void step(long number) {
        draw(number);
        descend();
    }

    /** W (d, d) row-major, as it is now; the live array, as those of the last batch. */
    double[] weights() {
        return w;
    }

    /** Points of the last batch (n, d). */
    double[] batch() {
        return x;
    }

    /** Augmentations x' - x of the last batch (n, d). */
    double[] shifts() {
        return shift;
    }

    private double[] normal(Generator generator, int rows, double deviation, int first) {
        double[] values = new double[rows * d];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % d < first ? 0 : deviation * generator.normal(i);
        }
        return values;
    }

    /** The batch of a step: a window into each pool. */
    private void draw(long step) {
        int point = (int) (places.uniform(2 * step) * (points.length / d - n + 1));
        int offset = (int) (places.uniform(2 * step + 1) * (noise.length / d - n + 1));
        System.arraycopy(points, point * d, x, 0, n * d);
        System.arraycopy(noise, offset * d, shift, 0, n * d);
    }

    private void descend() {
        multiply(x, w, z);
        double[] positive = new double[n];
        double[] moved = new double[n * d];
        multiply(shift, w, moved);
        for (int i = 0; i < n; i++) {
            for (int k = i * d; k < (i + 1) * d; k++) {
                positive[i] += moved[k] * moved[k] / 2;
            }
        }
        softmax(positive);
        double[] difference = spread();
        for (int i = 0; i < n; i++) {
            double share = (1 - weight[i * n + i]) / n;
            for (int p = 0; p < d; p++) {
                for (int q = 0; q < d; q++) {
                    difference[p * d + q] -= share * shift[i * d + p] * shift[i * d + q];
                }
            }
        }
        double[] before = w.clone();
        for (int p = 0; p < d; p++) {
            for (int q = 0; q < d; q++) {
                double sum = 0;
                for (int k = 0; k < d; k++) {
                    sum += before[p * d + k] * difference[k * d + q];
                }
                w[p * d + q] += RATE * sum;
            }
        }
    }

    /** {@code y = x W^T}. */
    private void multiply(double[] rows, double[] matrix, double[] y) {
        for (int i = 0; i < n; i++) {
            for (int p = 0; p < d; p++) {
                double sum = 0;
                for (int k = 0; k < d; k++) {
                    sum += rows[i * d + k] * matrix[p * d + k];
                }
                y[i * d + p] = sum;
            }
        }
    }

    /** Weights a_ij: of the negatives j, and of the positive on the diagonal. */
    private void softmax(double[] positive) {
        for (int i = 0; i < n; i++) {
            double largest = -positive[i];
            for (int j = 0; j < n; j++) {
                double distance = positive[i];
                if (j != i) {
                    distance = 0;
                    for (int k = 0; k < d; k++) {
                        double gap = z[i * d + k] - z[j * d + k];
                        distance += gap * gap / 2;
                    }
                }
                weight[i * n + j] = -distance;
                largest = Math.max(largest, -distance);
            }
            double total = 0;
            for (int j = i * n; j < (i + 1) * n; j++) {
                weight[j] = StrictMath.exp(weight[j] - largest);
                total += weight[j];
            }
            for (int j = i * n; j < (i + 1) * n; j++) {
                weight[j] /= total;
            }
        }
    }

    /** S0: {@code 1/n X^T (D - A - A^T) X} with the off-diagonal weights A and the sums D of its rows and columns. */
    private double[] spread() {
        double[] pulled = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double both = i == j ? 0 : weight[i * n + j] + weight[j * n + i];
                for (int k = 0; k < d; k++) {
                    pulled[i * d + k] += both * (x[i * d + k] - x[j * d + k]);
                }
            }
        }
        double[] s = new double[d * d];
        for (int i = 0; i < n; i++) {
            for (int p = 0; p < d; p++) {
                double left = x[i * d + p] / n;
                for (int q = 0; q < d; q++) {
                    s[p * d + q] += left * pulled[i * d + q];
                }
            }
        }
        return s;
    }
}
