package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import io.gramian.backend.LinearAlgebra;
import io.gramian.backend.LinearAlgebra.Strided;
import org.jspecify.annotations.Nullable;

/** Tokens {@code from} to {@code to} (exclusive) of each sequence of x (n, t, d): (n, to - from, d), in memory of their own. */
public final class Tokens extends Function {
    private final long t;
    private final long from;

    private Tokens(Variable x, long from) {
        super("Tokens", x);
        this.t = x.value().shape().size(1);
        this.from = from;
    }

    /** Cuts tokens out. */
    public static Variable apply(Variable x, long from, long to) {
        Tensor in = x.value();
        if (in.shape().rank() != 3 || from < 0 || to < from || to > in.shape().size(1)) {
            throw new IllegalArgumentException("tokens: expected x (n, t, d) with 0 <= from <= to <= t, got "
                    + in.shape() + ", from " + from + " and to " + to);
        }
        long n = in.shape().size(0);
        long t = in.shape().size(1);
        long d = in.shape().size(2);
        Tensor y = Tensor.empty(in.device(), n, to - from, d);
        LinearAlgebra algebra = in.device().backend().linearAlgebra();
        algebra.copyRows(new Strided(in, from * d, t * d), new Strided(y, 0, (to - from) * d), n, (to - from) * d);
        return Autograd.records(x) ? new Tokens(x, from).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        long n = dy.shape().size(0);
        long count = dy.shape().size(1);
        long d = dy.shape().size(2);
        Tensor dx = Tensor.zeros(dy.device(), n, t, d);
        dy.device()
                .backend()
                .linearAlgebra()
                .copyRows(new Strided(dy, 0, count * d), new Strided(dx, from * d, t * d), n, count * d);
        return new Tensor[] {dx};
    }
}
