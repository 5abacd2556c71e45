package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A loss of two views that one kernel computes, with its gradient or without. */
interface PairLoss extends MultiViewLoss {
    /**
     * The kernel.
     *
     * @param za one view (n, d); {@code zb} the other; not modified
     * @param dza receives the gradient of {@code za}; {@code dzb} that of {@code zb}; both null for the value alone
     */
    double evaluate(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb);

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless there are two views, float32 matrices of one shape with as many rows as the loss
     *     needs
     */
    @Override
    default double value(List<Tensor> views) {
        TwoViews.check(name(), views);
        return evaluate(views.get(0), views.get(1), null, null);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless there are two views and two gradients, float32 matrices of one shape with as
     *     many rows as the loss needs, the gradients in memory of their own
     */
    @Override
    default double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        TwoViews.check(name(), views, gradients);
        return evaluate(views.get(0), views.get(1), gradients.get(0), gradients.get(1));
    }
}
