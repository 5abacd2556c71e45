package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.loss.MultiViewLoss;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link MultiViewLoss} as the end of a graph: the gradients are computed together with the value, and scaled by the
 * upstream scalar in the backward pass.
 */
public final class EmbeddingLoss extends Function {
    private final List<Saved> gradients = new ArrayList<>();

    private EmbeddingLoss(MultiViewLoss loss, Variable[] views, List<Tensor> computed) {
        super(loss.name(), views);
        for (int i = 0; i < computed.size(); i++) {
            gradients.add(save("gradient of view " + i, computed.get(i)));
            computed.get(i).close();
        }
    }

    /** The loss of views (n, d) each: a variable of shape (1). */
    public static Variable apply(MultiViewLoss loss, List<Variable> views) {
        if (views.isEmpty()) {
            throw new IllegalArgumentException(loss.name() + ": expected at least one view, got none");
        }
        List<Tensor> values = views.stream().map(Variable::value).toList();
        Variable[] inputs = views.toArray(new Variable[0]);
        Tensor result = Tensor.empty(values.get(0).device(), 1);
        if (!Autograd.records(inputs)) {
            return Variable.constant(result.fill((float) loss.value(values)));
        }
        List<Tensor> computed = new ArrayList<>();
        for (Tensor value : values) {
            computed.add(Tensor.empty(value.device(), value.shape().toArray()));
        }
        result.fill((float) loss.valueAndGradient(values, computed));
        return new EmbeddingLoss(loss, inputs, computed).output(result);
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
