package io.gramian.autograd.nn;

import io.gramian.autograd.Variable;

/** {@code max(x, 0)}. */
public final class Relu extends Module {
    /** A layer without parameters. */
    public Relu() {}

    @Override
    public Variable forward(Variable x) {
        return io.gramian.autograd.function.Relu.apply(x);
    }
}
