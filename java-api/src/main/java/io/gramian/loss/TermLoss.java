package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A loss of two views that is a weighted sum of named terms. What an implementation has of its own is {@link #evaluate},
 * {@link #total} and {@link #named}; every other way to ask for the loss follows.
 *
 * @param <T> the terms, without their weights
 */
public interface TermLoss<T extends Record> extends MultiViewLoss {
    /**
     * The terms, and the gradient of the loss where tensors for it are given.
     *
     * @param x one view (n, d); {@code y} the other; not modified
     * @param dx receives the gradient of {@code x}; {@code dy} that of {@code y}; both null for the terms alone
     */
    T evaluate(Tensor x, Tensor y, @Nullable Tensor dx, @Nullable Tensor dy);

    /** The loss that these terms add up to. */
    double total(T terms);

    /** The loss with its terms by name. */
    LossTerms named(T terms);

    /** The terms of {@link #value}. */
    default T terms(List<Tensor> views) {
        TwoViews.check(name(), views);
        return evaluate(views.get(0), views.get(1), null, null);
    }

    /** The terms of the loss, and its gradient as in {@link #valueAndGradient}. */
    default T termsAndGradient(List<Tensor> views, List<Tensor> gradients) {
        TwoViews.check(name(), views, gradients);
        return evaluate(views.get(0), views.get(1), gradients.get(0), gradients.get(1));
    }

    @Override
    default double value(List<Tensor> views) {
        return total(terms(views));
    }

    @Override
    default double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return total(termsAndGradient(views, gradients));
    }

    @Override
    default LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return named(termsAndGradient(views, gradients));
    }
}
