package io.gramian.autograd.function;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;

/**
 * The same numbers as float32 or bfloat16, where a network begins and ends whose activations are bfloat16; the gradient goes
 * back in the type of the input. Nothing is saved.
 */
public final class Convert extends Function {
    private Convert(Variable x) {
        super("Convert", x);
    }

    /**
     * Converts a variable of any shape; one that has the type already is returned as it is.
     *
     * @throws IllegalArgumentException on the CPU, which has no bfloat16, and for other types
     */
    public static Variable apply(Variable x, DType type) {
        Tensor in = x.value();
        if (in.dtype() == type) {
            return x;
        }
        Tensor y = converted(in, type);
        return Autograd.records(x) ? new Convert(x).output(y) : Variable.constant(y);
    }

    /** A copy of a tensor in the other type. */
    static Tensor converted(Tensor x, DType type) {
        Tensor y = Tensor.empty(x.device(), type, x.shape().toArray());
        x.device().backend().linearAlgebra().convert(x, y);
        return y;
    }

    @Override
    protected Tensor[] backward(Tensor dy) {
        DType before = dy.dtype() == DType.FLOAT32 ? DType.BFLOAT16 : DType.FLOAT32;
        return new Tensor[] {converted(dy, before)};
    }
}
