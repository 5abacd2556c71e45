package io.gramian.models.eval;

import io.gramian.Tensor;
import io.gramian.backend.Probes;
import java.util.Arrays;

/** Weights of a multinomial logistic regression and their way to the minimum. Lives inside a scope of the caller. */
final class SoftmaxFit {
    private final Tensor x;
    private final Tensor labels;
    private final Tensor w;
    private final Tensor b;
    private final Tensor dw;
    private final Tensor db;
    private final double[] parameters; // w (d, c) row-major, then b (c)

    /** Weights of zero for rows x (n, d) with labels (n), int32. */
    SoftmaxFit(Tensor x, Tensor labels, int classes) {
        long d = x.shape().size(1);
        this.x = x;
        this.labels = labels;
        this.w = Tensor.zeros(x.device(), d, classes);
        this.b = Tensor.zeros(x.device(), classes);
        this.dw = Tensor.empty(x.device(), d, classes);
        this.db = Tensor.empty(x.device(), classes);
        this.parameters = new double[Math.toIntExact((d + 1) * classes)];
    }

    /** Continues from the parameters of another fit. */
    SoftmaxFit startAt(double[] other) {
        System.arraycopy(other, 0, parameters, 0, parameters.length);
        load(parameters);
        return this;
    }

    /** A copy of weights (d, c) and bias (c), in that order. */
    double[] parameters() {
        return parameters.clone();
    }

    /** Minimises {@code loss + decay / 2 |w|^2}, from where the weights are now; returns the objective reached. */
    double minimise(double decay, int iterations, double tolerance) {
        int weights = Math.toIntExact(w.elements());
        double value = new Lbfgs(iterations, tolerance)
                .minimise(
                        (at, gradient) -> {
                            load(at);
                            Probes.Fit fit = probes().softmaxRegression(x, labels, w, b, dw, db);
                            copy(dw.toFloats(), gradient, 0);
                            copy(db.toFloats(), gradient, weights);
                            double penalty = 0;
                            for (int i = 0; i < weights; i++) {
                                penalty += at[i] * at[i];
                                gradient[i] += decay * at[i];
                            }
                            return fit.loss() + decay / 2 * penalty;
                        },
                        parameters);
        load(parameters);
        return value;
    }

    /** Loss and right answers on other rows. */
    Probes.Fit score(Tensor rows, Tensor rowLabels) {
        return probes().softmaxRegression(rows, rowLabels, w, b, null, null);
    }

    private Probes probes() {
        return x.device().backend().probes();
    }

    private void load(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        int weights = Math.toIntExact(w.elements());
        w.copyFrom(Arrays.copyOf(floats, weights));
        b.copyFrom(Arrays.copyOfRange(floats, weights, floats.length));
    }

    private static void copy(float[] source, double[] target, int at) {
        for (int i = 0; i < source.length; i++) {
            target[at + i] = source[i];
        }
    }
}
