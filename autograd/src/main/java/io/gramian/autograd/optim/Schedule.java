package io.gramian.autograd.optim;

/** A learning rate (or another number) for each training step, counted from 0. */
@FunctionalInterface
public interface Schedule {
    /** The value at a step of at least 0. */
    double at(long step);

    /** The same value at every step. */
    static Schedule constant(double value) {
        return step -> value;
    }
}
