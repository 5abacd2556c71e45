package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import io.gramian.loss.PredictiveLoss;
import java.util.List;

/**
 * A {@link PredictiveLoss} as the end of a graph. Predictions get gradients, computed together with the value; targets are plain
 * tensors and get none, whatever graph they came from: that is the stop-gradient of SimSiam and BYOL.
 */
public final class PredictionLoss {
    private PredictionLoss() {}

    /** The loss of two predictions and two targets (n, d): a variable of shape (1). */
    public static Variable apply(PredictiveLoss loss, List<Variable> predictions, List<Tensor> targets) {
        if (predictions.isEmpty()) {
            throw new IllegalArgumentException(loss.name() + ": expected 2 predictions, got none");
        }
        List<Tensor> values = predictions.stream().map(Variable::value).toList();
        if (!Autograd.records(predictions.toArray(new Variable[0]))) {
            return Variable.constant(ComputedLoss.constant(predictions, loss.value(values, targets)));
        }
        List<Tensor> gradients = ComputedLoss.like(predictions);
        Deferred<Double> value =
                ComputedLoss.deferred(predictions, () -> loss.valueAndGradient(values, targets, gradients));
        return ComputedLoss.of(loss.name(), value, predictions, gradients);
    }
}
