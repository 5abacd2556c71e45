package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.LinearAlgebra;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = x W^T + bias} with x (n, in), W (out, in), bias (out); {@code 2 n in out} operations, twice that
 * backward. y has the type of x, float32 or on CUDA devices bfloat16; weight, which is rounded then, bias and the
 * gradients of both are float32.
 */
public final class Linear extends Function {
    private final Saved x;
    private final Variable factor;
    private final Saved weight;
    private final boolean bias;

    private Linear(Variable... inputs) {
        super("Linear", inputs);
        this.x = save("x", inputs[0].value());
        this.factor = inputs[1];
        this.weight = save("weight", factor.value());
        this.bias = inputs.length == 3;
    }

    /** Applies the map; bias may be null. */
    public static Variable apply(Variable x, Variable weight, @Nullable Variable bias) {
        Tensor value = x.value();
        LinearAlgebra algebra = value.device().backend().linearAlgebra();
        if (value.shape().rank() != 2
                || value.shape().size(1) != weight.value().shape().size(1)) {
            throw new IllegalArgumentException("linear: expected x (n, "
                    + weight.value().shape().size(1) + ") for weight "
                    + weight.value().shape() + ", got "
                    + value.shape());
        }
        Tensor w = weight.operand(value.dtype());
        Tensor y = Tensor.empty(
                value.device(), value.dtype(), value.shape().size(0), w.shape().size(0));
        algebra.gemm(false, true, 1, value, w, 0, y);
        if (bias != null) {
            algebra.addToRows(y, bias.value(), y);
        }
        Variable[] inputs = bias == null ? new Variable[] {x, weight} : new Variable[] {x, weight, bias};
        return Autograd.records(inputs) ? new Linear(inputs).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        LinearAlgebra algebra = dy.device().backend().linearAlgebra();
        @Nullable Tensor[] gradients = new Tensor[bias ? 3 : 2];
        if (needs(0)) {
            Tensor dx = Tensor.empty(dy.device(), dy.dtype(), x.get().shape().toArray());
            weight.get(); // fails if it was changed
            algebra.gemm(false, false, 1, dy, factor.operand(dy.dtype()), 0, dx);
            gradients[0] = dx;
        }
        if (needs(1)) {
            Tensor dweight = Tensor.empty(dy.device(), weight.get().shape().toArray());
            algebra.gemm(true, false, 1, dy, x.get(), 0, dweight);
            gradients[1] = dweight;
        }
        if (bias && needs(2)) {
            Tensor dbias = Tensor.empty(dy.device(), dy.shape().size(1));
            algebra.columnSums(dy, dbias);
            gradients[2] = dbias;
        }
        return gradients;
    }
}
