package io.gramian.loss;

import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A loss between predictions, which get gradients, and targets, which get none: the second half of a network with a
 * predictor, whose targets come from the same network without gradient or from its moving average.
 *
 * <p>Prediction {@code v} is a float32 matrix (n, d) made from view v; target {@code v} likewise. Prediction 0 is compared
 * with target 1, and prediction 1 with target 0. NaN in a row gives a NaN loss.
 */
public interface PredictiveLoss {
    /** Name as the command line and reports use it, as in {@code simsiam}. */
    String name();

    /**
     * The loss on these tensors, to be computed as often as wanted from what they hold at that time. A loss of this library
     * checks its arguments here, once, and computing it makes no Java object then.
     *
     * @param predictions two float32 matrices (n, d); not modified
     * @param targets two of the same shape; not modified
     * @param gradients one per prediction, of its shape, overwritten; no memory shared with an input or with each other. Null
     *     for the value alone
     * @return computes the loss and overwrites the gradients; not for several threads at once
     */
    default DoubleSupplier on(List<Tensor> predictions, List<Tensor> targets, @Nullable List<Tensor> gradients) {
        return () -> {
            try (Scope scope = Scope.open()) {
                return gradients == null
                        ? value(predictions, targets)
                        : valueAndGradient(predictions, targets, gradients);
            }
        };
    }

    /**
     * The loss, without any work for the gradient.
     *
     * @param predictions as in {@link #on}
     * @param targets as in {@link #on}
     */
    double value(List<Tensor> predictions, List<Tensor> targets);

    /**
     * The loss and its gradient with respect to the predictions.
     *
     * @param predictions as in {@link #on}
     * @param targets as in {@link #on}
     * @param gradients as in {@link #on}
     */
    double valueAndGradient(List<Tensor> predictions, List<Tensor> targets, List<Tensor> gradients);
}
