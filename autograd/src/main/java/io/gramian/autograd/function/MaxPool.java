package io.gramian.autograd.function;

import io.gramian.DType;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.Convolutions;
import org.jspecify.annotations.Nullable;

/** Maximum over windows of x (n, h, w, c). One byte per output is saved: the place of the maximum. */
public final class MaxPool extends Function {
    private final Saved tap;
    private final Shape before;
    private final int size;
    private final int stride;
    private final int padding;

    private MaxPool(Variable x, Tensor tap, int size, int stride, int padding) {
        super("MaxPool", x);
        this.tap = save("tap", tap);
        this.before = x.value().shape();
        this.size = size;
        this.stride = stride;
        this.padding = padding;
    }

    /** Applies windows of {@code size x size}. */
    public static Variable apply(Variable x, int size, int stride, int padding) {
        Tensor in = x.value();
        long[] sizes = in.shape().toArray();
        if (sizes.length != 4) {
            throw new IllegalArgumentException("maxPool: expected x (n, h, w, c), got " + in.shape());
        }
        sizes[1] = Convolutions.outputSize(sizes[1], size, stride, padding);
        sizes[2] = Convolutions.outputSize(sizes[2], size, stride, padding);
        Tensor y = Tensor.empty(in.device(), in.dtype(), sizes);
        Tensor tap = Tensor.empty(in.device(), DType.UINT8, sizes);
        in.device().backend().network().maxPool(in, size, stride, padding, y, tap);
        if (Autograd.records(x)) {
            MaxPool function = new MaxPool(x, tap, size, stride, padding);
            tap.close();
            return function.output(y);
        }
        tap.close();
        return Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Tensor dx = Tensor.empty(dy.device(), dy.dtype(), before.toArray());
        dy.device().backend().network().maxPoolBackward(tap.get(), size, stride, padding, dy, dx);
        return new Tensor[] {dx};
    }
}
