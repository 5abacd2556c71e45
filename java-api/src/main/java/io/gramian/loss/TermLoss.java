package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;

/**
 * A loss of two views that is a weighted sum of named terms. What an implementation has of its own is {@link #evaluate}, and
 * what its numbers mean; every way to ask for the loss follows.
 *
 * @param <T> the terms, without their weights
 */
public interface TermLoss<T extends Record> extends PairLoss {
    /** The loss that the numbers of {@link #evaluate} add up to. */
    @Override
    double total(double[] numbers);

    /** The terms in the numbers of {@link #evaluate}. */
    T terms(double[] numbers);

    /** The loss with its terms by name. */
    LossTerms named(double[] numbers);

    /** The terms of {@link #value}. */
    default T terms(List<Tensor> views) {
        return terms(numbers(views, null).run());
    }

    /** The terms of the loss, and its gradient as in {@link #valueAndGradient}. */
    default T termsAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return terms(numbers(views, gradients).run());
    }

    @Override
    default LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return named(numbers(views, gradients).run());
    }
}
