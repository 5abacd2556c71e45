package io.gramian.autograd.nn;

import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AveragePool;

/** Mean over windows of (n, h, w, c), without padding. */
public final class AveragePool2d extends Module {
    private final int size;
    private final int stride;

    /** Windows of {@code size x size}. */
    public AveragePool2d(int size, int stride) {
        this.size = size;
        this.stride = stride;
    }

    @Override
    public Variable forward(Variable x) {
        return AveragePool.apply(x, size, size, stride);
    }
}
