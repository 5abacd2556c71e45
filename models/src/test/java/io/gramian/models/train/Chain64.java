package io.gramian.models.train;

import io.gramian.reference.BatchNormReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Linear layers, batch norms and ReLUs on rows in float64: one forward pass, then one backward pass. */
final class Chain64 {
    private static final double EPS = 1e-5;

    private final Map<String, double[]> values;
    private final Map<String, double[]> gradients;
    private int rows;
    private final List<UnaryOperator<double[]>> backwards = new ArrayList<>();
    private double[] y;

    /**
     * Begins a pass.
     *
     * @param values parameters by name
     * @param gradients where gradients are added, by name; parameters that are not in there get none
     */
    Chain64(Map<String, double[]> values, Map<String, double[]> gradients, double[] x, int rows) {
        this.values = values;
        this.gradients = gradients;
        this.y = x;
        this.rows = rows;
    }

    /** {@code y = x W^T + b} with the parameters {@code name.weight} and, if there is one, {@code name.bias}. */
    Chain64 linear(String name) {
        double[] x = y;
        int n = rows;
        double[] w = values.get(name + ".weight");
        double[] b = values.get(name + ".bias");
        int in = x.length / n;
        int out = w.length / in;
        y = new double[n * out];
        for (int i = 0; i < n; i++) {
            for (int o = 0; o < out; o++) {
                double sum = b == null ? 0 : b[o];
                for (int k = 0; k < in; k++) {
                    sum += x[i * in + k] * w[o * in + k];
                }
                y[i * out + o] = sum;
            }
        }
        backwards.add(dy -> {
            double[] dx = new double[n * in];
            double[] dw = new double[out * in];
            double[] db = new double[out];
            for (int i = 0; i < n; i++) {
                for (int o = 0; o < out; o++) {
                    double g = dy[i * out + o];
                    db[o] += g;
                    for (int k = 0; k < in; k++) {
                        dx[i * in + k] += g * w[o * in + k];
                        dw[o * in + k] += g * x[i * in + k];
                    }
                }
            }
            add(name + ".weight", dw);
            add(name + ".bias", db);
            return dx;
        });
        return this;
    }

    /** Batch norm with the parameters {@code name.weight} and {@code name.bias}, or without any. */
    Chain64 norm(String name) {
        double[] x = y;
        int c = x.length / rows;
        double[] gamma = values.getOrDefault(name + ".weight", filled(c, 1));
        double[] beta = values.getOrDefault(name + ".bias", new double[c]);
        BatchNormReference norm = new BatchNormReference(rows, c, EPS, false);
        y = norm.value(x, gamma, beta, new double[rows * c], norm.mean(x), norm.variance(x));
        backwards.add(dy -> {
            double[] dx = norm.dx(x, gamma, dy);
            add(name + ".weight", norm.dgamma(x, dy));
            add(name + ".bias", norm.dbeta(dy));
            return dx;
        });
        return this;
    }

    Chain64 relu() {
        double[] x = y;
        y = x.clone();
        for (int i = 0; i < y.length; i++) {
            y[i] = Math.max(0, x[i]);
        }
        backwards.add(dy -> {
            double[] dx = dy.clone();
            for (int i = 0; i < dx.length; i++) {
                dx[i] = x[i] > 0 ? dx[i] : 0;
            }
            return dx;
        });
        return this;
    }

    /** A head as its names say: linear layers {@code name.layers.i}, norms where the head has one, ReLU between. */
    Chain64 head(String name, int linears, boolean norm, boolean lastNorm) {
        int index = 0;
        for (int l = 0; l < linears; l++) {
            boolean last = l == linears - 1;
            linear(name + ".layers." + index++);
            if (last ? lastNorm : norm) {
                norm(name + ".layers." + index++);
            }
            if (!last) {
                relu();
                index++;
            }
        }
        return this;
    }

    /** Any other step: its output, the rows of that, and what makes the gradient of its input from that of its output. */
    Chain64 then(double[] output, int outputRows, UnaryOperator<double[]> backward) {
        y = output;
        rows = outputRows;
        backwards.add(backward);
        return this;
    }

    double[] output() {
        return y;
    }

    int rows() {
        return rows;
    }

    /** Adds the gradients of the parameters; returns that of the input. */
    double[] backward(double[] dy) {
        double[] g = dy;
        for (int i = backwards.size() - 1; i >= 0; i--) {
            g = backwards.get(i).apply(g);
        }
        return g;
    }

    /** Adds to the gradient of a parameter, if it has one. */
    void add(String name, double[] more) {
        double[] sum = gradients.get(name);
        if (sum != null) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += more[i];
            }
        }
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }
}
