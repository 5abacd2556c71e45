package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.Convolutions;
import org.jspecify.annotations.Nullable;

/**
 * Convolution of x (n, h, w, c) with weight (k, kernelH, kernelW, c); x and weight are saved. The output has the type of x,
 * float32 or on CUDA devices bfloat16; the weight, which is rounded then, and its gradient are float32.
 */
public final class Convolution extends Function {
    private final Saved x;
    private final Variable factor;
    private final Saved weight;
    private final boolean bias;
    private final int stride;
    private final int padding;

    private Convolution(int stride, int padding, Variable... inputs) {
        super("Convolution", inputs);
        this.x = save("x", inputs[0].value());
        this.factor = inputs[1];
        this.weight = save("weight", factor.value());
        this.bias = inputs.length == 3;
        this.stride = stride;
        this.padding = padding;
    }

    /** Applies the convolution; bias (k) may be null. */
    public static Variable apply(Variable x, Variable weight, @Nullable Variable bias, int stride, int padding) {
        Tensor in = x.value();
        Tensor w = weight.operand(in.dtype());
        if (in.shape().rank() != 4) {
            throw new IllegalArgumentException("convolution: expected x (n, h, w, c), got " + in.shape());
        }
        Tensor y = Tensor.empty(
                in.device(),
                in.dtype(),
                in.shape().size(0),
                Convolutions.outputSize(in.shape().size(1), w.shape().size(1), stride, padding),
                Convolutions.outputSize(in.shape().size(2), w.shape().size(2), stride, padding),
                w.shape().size(0));
        in.device()
                .backend()
                .network()
                .convolutions()
                .forward(in, w, bias == null ? null : bias.value(), stride, padding, y);
        Variable[] inputs = bias == null ? new Variable[] {x, weight} : new Variable[] {x, weight, bias};
        return Autograd.records(inputs) ? new Convolution(stride, padding, inputs).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Convolutions convolutions = dy.device().backend().network().convolutions();
        @Nullable Tensor[] gradients = new Tensor[bias ? 3 : 2];
        if (needs(1)) {
            Tensor dweight = Tensor.empty(dy.device(), weight.get().shape().toArray());
            convolutions.backwardWeights(x.get(), stride, padding, dy, dweight);
            gradients[1] = dweight;
        }
        if (bias && needs(2)) {
            long k = dy.shape().size(3);
            Tensor dbias = Tensor.empty(dy.device(), k);
            try (Tensor rows = dy.reshape(dy.elements() / k, k)) {
                dy.device().backend().linearAlgebra().columnSums(rows, dbias);
            }
            gradients[2] = dbias;
        }
        if (needs(0)) {
            Tensor dx = Tensor.empty(dy.device(), dy.dtype(), x.get().shape().toArray());
            weight.get(); // fails if it was changed
            convolutions.backwardData(factor.operand(dy.dtype()), stride, padding, dy, dx);
            gradients[0] = dx;
        }
        return gradients;
    }
}
