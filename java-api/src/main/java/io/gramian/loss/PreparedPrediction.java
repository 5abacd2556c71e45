package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** A loss of predictions that checks its arguments once: its values come from {@link #on}. */
interface PreparedPrediction extends PredictiveLoss {
    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException unless these are two and two float32 matrices of one shape, the gradients in memory of
     *     their own
     */
    @Override
    DoubleSupplier on(List<Tensor> predictions, List<Tensor> targets, @Nullable List<Tensor> gradients);

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #on}
     */
    @Override
    default double value(List<Tensor> predictions, List<Tensor> targets) {
        return on(predictions, targets, null).getAsDouble();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #on}
     */
    @Override
    default double valueAndGradient(List<Tensor> predictions, List<Tensor> targets, List<Tensor> gradients) {
        return on(predictions, targets, gradients).getAsDouble();
    }
}
