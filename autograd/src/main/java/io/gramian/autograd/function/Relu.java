package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/** {@code y = max(x, 0)}; the derivative at 0 is 0, NaN stays NaN. The output is saved. */
public final class Relu extends Function {
    private final Saved y;

    private Relu(Variable x, Tensor y) {
        super("Relu", x);
        this.y = save("y", y);
    }

    /** Applies it to a variable of any shape. */
    public static Variable apply(Variable x) {
        Tensor value = x.value();
        Tensor y = Tensor.empty(value.device(), value.shape().toArray());
        value.device().backend().network().relu(value, y);
        return Autograd.records(x) ? new Relu(x, y).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        dy.device().backend().network().reluBackward(y.get(), dy, dy);
        return new Tensor[] {dy};
    }
}
