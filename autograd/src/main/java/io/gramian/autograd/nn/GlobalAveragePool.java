package io.gramian.autograd.nn;

import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AveragePool;

/** Mean over height and width: (n, h, w, c) to (n, c). */
public final class GlobalAveragePool extends Module {
    /** A layer without parameters. */
    public GlobalAveragePool() {}

    @Override
    public Variable forward(Variable x) {
        return AveragePool.global(x);
    }
}
