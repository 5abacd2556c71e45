package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.loss.PredictiveLoss;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link PredictiveLoss} as the end of a graph. Predictions get gradients, computed together with the value; targets are plain
 * tensors and get none, whatever graph they came from: that is the stop-gradient of SimSiam and BYOL.
 */
public final class PredictionLoss extends Function {
    private final List<Saved> gradients = new ArrayList<>();

    private PredictionLoss(PredictiveLoss loss, Variable[] predictions, List<Tensor> computed) {
        super(loss.name(), predictions);
        for (int i = 0; i < computed.size(); i++) {
            gradients.add(save("gradient of prediction " + i, computed.get(i)));
            computed.get(i).close();
        }
    }

    /** The loss of two predictions and two targets (n, d): a variable of shape (1). */
    public static Variable apply(PredictiveLoss loss, List<Variable> predictions, List<Tensor> targets) {
        if (predictions.isEmpty()) {
            throw new IllegalArgumentException(loss.name() + ": expected 2 predictions, got none");
        }
        List<Tensor> values = predictions.stream().map(Variable::value).toList();
        Variable[] inputs = predictions.toArray(new Variable[0]);
        Tensor result = Tensor.empty(values.get(0).device(), 1);
        if (!Autograd.records(inputs)) {
            return Variable.constant(result.fill((float) loss.value(values, targets)));
        }
        List<Tensor> computed = new ArrayList<>();
        for (Tensor value : values) {
            computed.add(Tensor.empty(value.device(), value.shape().toArray()));
        }
        result.fill((float) loss.valueAndGradient(values, targets, computed));
        return new PredictionLoss(loss, inputs, computed).output(result);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        float upstream = dy.item();
        @Nullable Tensor[] result = new Tensor[gradients.size()];
        for (int i = 0; i < result.length; i++) {
            if (needs(i)) {
                Tensor saved = gradients.get(i).get();
                Tensor gradient = Tensor.empty(dy.device(), saved.shape().toArray());
                dy.device().backend().linearAlgebra().scale(upstream, saved, gradient);
                result[i] = gradient;
            }
        }
        return result;
    }
}
