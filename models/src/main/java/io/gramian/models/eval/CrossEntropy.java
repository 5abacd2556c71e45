package io.gramian.models.eval;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.Check;
import org.jspecify.annotations.Nullable;

/**
 * Mean cross-entropy {@code -mean_i log softmax(x_i)[label_i]} in nats of logits (n, c), a variable of shape (1). Its gradient
 * {@code (softmax(x_i) - onehot(label_i)) / n} is computed with it, in float64 on the host: logits are small.
 */
public final class CrossEntropy extends Function {
    private final Saved gradient;

    private CrossEntropy(Variable logits, Tensor gradient) {
        super("CrossEntropy", logits);
        this.gradient = save("gradient", gradient);
    }

    /**
     * The loss of logits.
     *
     * @param logits (n, c), n at least 1
     * @param labels (n), each in [0, c)
     * @throws IllegalArgumentException if shapes or labels do not fit
     */
    public static Variable apply(Variable logits, int[] labels) {
        Tensor x = logits.value();
        Check.matrix("logits", x);
        int c = Math.toIntExact(x.shape().size(1));
        Check.atLeast("rows of logits", x.shape().size(0), 1);
        Labels.check(labels, x.shape().size(0), c);
        float[] values = x.toFloats();
        double loss = 0;
        for (int i = 0; i < labels.length; i++) {
            loss += row(values, i * c, c, labels[i], labels.length) / labels.length;
        }
        Tensor value = Tensor.empty(x.device(), 1).fill((float) loss);
        if (!Autograd.records(logits)) {
            return Variable.constant(value);
        }
        return new CrossEntropy(logits, Tensor.of(x.device(), values, labels.length, c)).output(value);
    }

    /** Loss of a row, which becomes its gradient. */
    private static double row(float[] values, int at, int c, int label, int n) {
        double most = Double.NEGATIVE_INFINITY;
        for (int j = at; j < at + c; j++) {
            most = Math.max(most, values[j]);
        }
        double sum = 0;
        for (int j = at; j < at + c; j++) {
            sum += Math.exp(values[j] - most);
        }
        double loss = most + Math.log(sum) - values[at + label];
        for (int j = at; j < at + c; j++) {
            values[j] = (float) ((Math.exp(values[j] - most) / sum - (j == at + label ? 1 : 0)) / n);
        }
        return loss;
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Tensor saved = gradient.get();
        Tensor dx = Tensor.empty(saved.device(), saved.shape().toArray());
        saved.device().backend().linearAlgebra().scaleBy(dy, saved, dx);
        return new Tensor[] {dx};
    }
}
