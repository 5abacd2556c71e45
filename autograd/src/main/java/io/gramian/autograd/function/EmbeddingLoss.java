package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.loss.MultiViewLoss;
import java.util.List;

/**
 * A {@link MultiViewLoss} as the end of a graph: the gradients are computed together with the value, and scaled by the
 * upstream scalar in the backward pass.
 */
public final class EmbeddingLoss {
    private EmbeddingLoss() {}

    /** The loss of views (n, d) each: a variable of shape (1). */
    public static Variable apply(MultiViewLoss loss, List<Variable> views) {
        if (views.isEmpty()) {
            throw new IllegalArgumentException(loss.name() + ": expected at least one view, got none");
        }
        List<Tensor> values = views.stream().map(Variable::value).toList();
        if (!Autograd.records(views.toArray(new Variable[0]))) {
            return Variable.constant(ComputedLoss.constant(views, loss.value(values)));
        }
        List<Tensor> gradients = ComputedLoss.like(views);
        return ComputedLoss.of(
                loss.name(),
                ComputedLoss.deferred(views, () -> loss.valueAndGradient(values, gradients)),
                views,
                gradients);
    }
}
