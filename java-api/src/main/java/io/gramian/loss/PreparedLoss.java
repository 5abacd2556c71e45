package io.gramian.loss;

import io.gramian.Tensor;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** A loss that checks its arguments once: its values come from {@link #on}. */
interface PreparedLoss extends MultiViewLoss {
    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #valueAndGradient}
     */
    @Override
    DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients);

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException for too few views, or views that are not float32 matrices of one shape with as many rows
     *     and columns as the loss needs
     */
    @Override
    default double value(List<Tensor> views) {
        return on(views, null).getAsDouble();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException as {@link #value}; for another number of gradients than of views, shapes that differ, or
     *     a gradient that overlaps a view or another gradient
     */
    @Override
    default double valueAndGradient(List<Tensor> views, List<Tensor> gradients) {
        return on(views, gradients).getAsDouble();
    }
}
