package io.gramian.autograd.function;

import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/** Rows {@code from} to {@code to} (exclusive) of the outermost axis, sharing memory: one view out of a joint batch. */
public final class Rows extends Function {
    private final Shape before;
    private final long from;
    private final long to;

    private Rows(Variable x, long from, long to) {
        super("Rows", x);
        this.before = x.value().shape();
        this.from = from;
        this.to = to;
    }

    /** Cuts rows out. */
    public static Variable apply(Variable x, long from, long to) {
        Tensor y = x.value().rows(from, to);
        return Autograd.records(x) ? new Rows(x, from, to).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Tensor dx = Tensor.zeros(dy.device(), before.toArray());
        try (Tensor target = dx.rows(from, to)) {
            target.copyFrom(dy);
        }
        return new Tensor[] {dx};
    }
}
