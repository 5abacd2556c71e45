package io.gramian.autograd.function;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import org.jspecify.annotations.Nullable;

/**
 * {@code z = x + y} for two variables of one shape and type, that of z. To a float32 x may come a bfloat16 y, a branch of
 * a residual stream; z is float32 then.
 */
public final class Add extends Function {
    private final boolean mixed;

    private Add(Variable x, Variable y, boolean mixed) {
        super("Add", x, y);
        this.mixed = mixed;
    }

    /** Adds. */
    public static Variable apply(Variable x, Variable y) {
        if (x.isDeferred() && y.isDeferred()) { // losses: their sum is made when somebody asks for it
            Deferred<Double> sum = x.deferred().with(y.deferred(), Double::sum);
            Tensor unwritten = ComputedLoss.unwritten(x.device());
            return Autograd.records(x, y)
                    ? new Add(x, y, false).output(unwritten, sum)
                    : Variable.constant(unwritten, sum);
        }
        Tensor value = x.value();
        Tensor z = Tensor.empty(value.device(), value.dtype(), value.shape().toArray());
        value.device().backend().linearAlgebra().add(value, y.value(), z);
        boolean mixed = y.value().dtype() != value.dtype();
        return Autograd.records(x, y) ? new Add(x, y, mixed).output(z) : Variable.constant(z);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        if (mixed && needs(1)) {
            return new Tensor[] {needs(0) ? dy : null, Convert.converted(dy, DType.BFLOAT16)};
        }
        return new Tensor[] {needs(0) ? dy : null, !needs(1) ? null : needs(0) ? dy.copy() : dy};
    }
}
