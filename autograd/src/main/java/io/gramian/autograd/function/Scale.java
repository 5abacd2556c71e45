package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import org.jspecify.annotations.Nullable;

/** {@code y = factor x} with a constant factor. */
public final class Scale extends Function {
    private final float factor;

    private Scale(Variable x, float factor) {
        super("Scale", x);
        this.factor = factor;
    }

    /** Scales. */
    public static Variable apply(Variable x, double factor) {
        if (x.isDeferred()) { // a loss: it is scaled when somebody asks for it
            Deferred<Double> product = x.deferred().map(value -> factor * value);
            Tensor unwritten = ComputedLoss.unwritten(x.device());
            return Autograd.records(x)
                    ? new Scale(x, (float) factor).output(unwritten, product)
                    : Variable.constant(unwritten, product);
        }
        Tensor value = x.value();
        Tensor y = Tensor.empty(value.device(), value.shape().toArray());
        value.device().backend().linearAlgebra().scale((float) factor, value, y);
        return Autograd.records(x) ? new Scale(x, (float) factor).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        dy.device().backend().linearAlgebra().scale(factor, dy, dy);
        return new Tensor[] {dy};
    }
}
