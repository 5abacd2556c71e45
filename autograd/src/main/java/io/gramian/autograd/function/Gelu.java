package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/** {@code y = x Phi(x)} with the normal distribution's Phi (Hendrycks and Gimpel, 2016), exactly. The input is saved. */
public final class Gelu extends Function {
    private final Saved x;

    private Gelu(Variable x) {
        super("Gelu", x);
        this.x = save("x", x.value());
    }

    /** Applies it to a variable of any shape. */
    public static Variable apply(Variable x) {
        Tensor value = x.value();
        Tensor y = Tensor.empty(value.device(), value.dtype(), value.shape().toArray());
        value.device().backend().transformers().gelu(value, y);
        return Autograd.records(x) ? new Gelu(x).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        dy.device().backend().transformers().geluBackward(x.get(), dy, dy);
        return new Tensor[] {dy};
    }
}
