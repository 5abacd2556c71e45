package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/** A constant (1, ...) added to each of x (n, ...), as position embeddings are. Nothing is saved. */
public final class AddToEach extends Function {
    private AddToEach(Variable x) {
        super("AddToEach", x);
    }

    /** Adds the constant. */
    public static Variable apply(Variable x, Tensor constant) {
        Tensor in = x.value();
        long n = in.shape().rank() == 0 ? 0 : in.shape().size(0);
        if (in.shape().rank() == 0 || in.elements() != n * constant.elements()) {
            throw new IllegalArgumentException(
                    "addToEach: expected x (n, ...) and a constant (1, ...) of the same sizes," + " got " + in.shape()
                            + " and " + constant.shape());
        }
        Tensor y = Tensor.empty(in.device(), in.shape().toArray());
        long size = constant.elements();
        try (Tensor from = in.reshape(n, size);
                Tensor bias = constant.reshape(size);
                Tensor to = y.reshape(n, size)) {
            in.device().backend().linearAlgebra().addToRows(from, bias, to);
        }
        return Autograd.records(x) ? new AddToEach(x).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        return new Tensor[] {dy};
    }
}
