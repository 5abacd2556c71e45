package io.gramian.loss;

import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A self-supervised loss on the embeddings of several views of the same images, with its gradient, on plain tensors.
 *
 * <p>View {@code v} is a float32 matrix {@code (n, d)}; row {@code i} of every view belongs to image {@code i}. All views
 * have the same shape and live on one device. A loss is a value object: it holds settings, never state of a training run.
 * What changes from step to step (random slices, for instance) is a pure function of the seed in its settings and the
 * number given to {@link #atStep}.
 *
 * <p>An implementation checks every argument and throws {@link IllegalArgumentException} with what it expected and what
 * it got: too few views, shapes that differ, a gradient that overlaps a view. NaN in a view gives a NaN loss.
 */
public interface MultiViewLoss {
    /** Name as the command line and reports use it, as in {@code nt-xent}. */
    String name();

    /**
     * The loss, without any work for the gradient.
     *
     * @param views embeddings, float32 (n, d) each; not modified
     */
    double value(List<Tensor> views);

    /**
     * The loss and its gradient with respect to every view, in one pass.
     *
     * @param views embeddings, float32 (n, d) each; not modified
     * @param gradients one tensor per view, of its shape, overwritten; no memory shared with a view or with each other
     */
    double valueAndGradient(List<Tensor> views, List<Tensor> gradients);

    /**
     * The loss on these tensors, to be computed as often as wanted from what they hold at that time. A loss of this library
     * checks its arguments here, once, and computing it makes no Java object then.
     *
     * @param views as in {@link #valueAndGradient}
     * @param gradients as in {@link #valueAndGradient}; null for the value alone
     * @return computes the loss and overwrites the gradients; not for several threads at once
     */
    default DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return () -> {
            try (Scope scope = Scope.open()) {
                return gradients == null ? value(views) : valueAndGradient(views, gradients);
            }
        };
    }

    /**
     * The loss with the terms it is made of, and its gradient, in one pass.
     *
     * @param views embeddings, as in {@link #valueAndGradient}
     * @param gradients as in {@link #valueAndGradient}
     */
    default LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return LossTerms.of(valueAndGradient(views, gradients));
    }

    /**
     * This loss as it is at a training step. A loss that draws nothing at random returns itself.
     *
     * @param step number of the step, from 0
     */
    default MultiViewLoss atStep(long step) {
        return this;
    }
}
