package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.loss.FeaturePenalty;
import java.util.List;

/**
 * A {@link FeaturePenalty} (squares, magnitudes or exponentials of off-diagonal entries) in a graph: the gradient is computed
 * together with the value, and scaled by the upstream scalar in the backward pass. Add it to other losses with {@link Add}.
 */
public final class OffDiagonal {
    private OffDiagonal() {}

    /** The penalty of z (n, d): a variable of shape (1). */
    public static Variable apply(FeaturePenalty penalty, Variable z) {
        List<Variable> inputs = List.of(z);
        if (!Autograd.records(z)) {
            return Variable.constant(ComputedLoss.constant(inputs, penalty.value(z.value())));
        }
        List<Tensor> gradients = ComputedLoss.like(inputs);
        Tensor in = z.value();
        return ComputedLoss.of(
                penalty.name(),
                ComputedLoss.deferred(inputs, () -> penalty.valueAndGradient(in, gradients.get(0))),
                inputs,
                gradients);
    }
}
