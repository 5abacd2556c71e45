package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** A loss of two views that one kernel computes, with its gradient or without. */
interface PairLoss extends PreparedLoss {
    /**
     * What the kernel computes.
     *
     * @param za one view (n, d); {@code zb} the other; not modified
     * @param dza receives the gradient of {@code za}; {@code dzb} that of {@code zb}; both null for the value alone
     */
    Numbers evaluate(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb);

    /** The loss that the numbers of {@link #evaluate} make: the first of them, unless it is a sum of terms. */
    default double total(double[] numbers) {
        return numbers[0];
    }

    /** {@link #evaluate} on views and gradients that were counted; null for the value alone. */
    default Numbers numbers(List<Tensor> views, @Nullable List<Tensor> gradients) {
        if (views.size() != 2) {
            throw new IllegalArgumentException(name() + ": expected 2 views, got " + views.size());
        }
        Check.matrix("views[0]", views.get(0));
        Check.matrix("views[1]", views.get(1));
        if (gradients == null) {
            return evaluate(views.get(0), views.get(1), null, null);
        }
        if (gradients.size() != 2) {
            throw new IllegalArgumentException(
                    name() + ": expected 2 gradients, one per view, got " + gradients.size());
        }
        return evaluate(views.get(0), views.get(1), gradients.get(0), gradients.get(1));
    }

    @Override
    default DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        Numbers numbers = numbers(views, gradients);
        return () -> total(numbers.run());
    }
}
