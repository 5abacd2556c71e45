package io.gramian.autograd.function;

import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/** The same elements in another shape; value and gradient share memory with the input's. */
public final class Reshape extends Function {
    private final Shape before;

    private Reshape(Variable x) {
        super("Reshape", x);
        this.before = x.value().shape();
    }

    /** Reshapes to sizes with as many elements. */
    public static Variable apply(Variable x, long... sizes) {
        Tensor y = x.value().reshape(sizes);
        return Autograd.records(x) ? new Reshape(x).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        return new Tensor[] {dy.reshape(before.toArray())};
    }
}
