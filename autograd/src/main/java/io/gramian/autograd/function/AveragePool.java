package io.gramian.autograd.function;

import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import io.gramian.backend.Convolutions;
import org.jspecify.annotations.Nullable;

/** Mean over windows of x (n, h, w, c), without padding. Nothing is saved. */
public final class AveragePool extends Function {
    private final Shape before;
    private final long sizeH;
    private final long sizeW;
    private final long stride;

    private AveragePool(Variable x, long sizeH, long sizeW, long stride) {
        super("AveragePool", x);
        this.before = x.value().shape();
        this.sizeH = sizeH;
        this.sizeW = sizeW;
        this.stride = stride;
    }

    /** Applies windows of {@code sizeH x sizeW}. */
    public static Variable apply(Variable x, long sizeH, long sizeW, long stride) {
        Tensor in = x.value();
        long[] sizes = imageShape(in);
        sizes[1] = Convolutions.outputSize(sizes[1], sizeH, stride, 0);
        sizes[2] = Convolutions.outputSize(sizes[2], sizeW, stride, 0);
        Tensor y = Tensor.empty(in.device(), sizes);
        in.device().backend().network().averagePool(in, sizeH, sizeW, stride, y);
        return Autograd.records(x) ? new AveragePool(x, sizeH, sizeW, stride).output(y) : Variable.constant(y);
    }

    /** Mean over height and width: (n, c). */
    public static Variable global(Variable x) {
        long[] sizes = imageShape(x.value());
        return Reshape.apply(apply(x, sizes[1], sizes[2], 1), sizes[0], sizes[3]);
    }

    private static long[] imageShape(Tensor x) {
        if (x.shape().rank() != 4) {
            throw new IllegalArgumentException("averagePool: expected x (n, h, w, c), got " + x.shape());
        }
        return x.shape().toArray();
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Tensor dx = Tensor.empty(dy.device(), before.toArray());
        dy.device().backend().network().averagePoolBackward(sizeH, sizeW, stride, dy, dx);
        return new Tensor[] {dx};
    }
}
