package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import io.gramian.backend.Deferred;
import org.jspecify.annotations.Nullable;

/** {@code z = x + y} for two variables of one shape. */
public final class Add extends Function {
    private Add(Variable x, Variable y) {
        super("Add", x, y);
    }

    /** Adds. */
    public static Variable apply(Variable x, Variable y) {
        if (x.isDeferred() && y.isDeferred()) { // losses: their sum is made when somebody asks for it
            Deferred<Double> sum = x.deferred().with(y.deferred(), Double::sum);
            Tensor unwritten = ComputedLoss.unwritten(x.device());
            return Autograd.records(x, y) ? new Add(x, y).output(unwritten, sum) : Variable.constant(unwritten, sum);
        }
        Tensor value = x.value();
        Tensor z = Tensor.empty(value.device(), value.dtype(), value.shape().toArray());
        value.device().backend().linearAlgebra().add(value, y.value(), z);
        return Autograd.records(x, y) ? new Add(x, y).output(z) : Variable.constant(z);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        return new Tensor[] {needs(0) ? dy : null, !needs(1) ? null : needs(0) ? dy.copy() : dy};
    }
}
