package io.gramian.autograd.nn;

import io.gramian.autograd.Variable;
import io.gramian.autograd.function.MaxPool;

/** Maximum over windows of (n, h, w, c). */
public final class MaxPool2d extends Module {
    private final int size;
    private final int stride;
    private final int padding;

    /** Windows of {@code size x size}, at most 15. */
    public MaxPool2d(int size, int stride, int padding) {
        this.size = size;
        this.stride = stride;
        this.padding = padding;
    }

    @Override
    public Variable forward(Variable x) {
        return MaxPool.apply(x, size, stride, padding);
    }
}
