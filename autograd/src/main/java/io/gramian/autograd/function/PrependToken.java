package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Variable;
import io.gramian.backend.LinearAlgebra;
import io.gramian.backend.LinearAlgebra.Strided;
import org.jspecify.annotations.Nullable;

/** One token before each sequence: token (1, 1, d) and x (n, t, d) give (n, t + 1, d). Nothing is saved. */
public final class PrependToken extends Function {
    private PrependToken(Variable token, Variable x) {
        super("PrependToken", token, x);
    }

    /** Puts the token before each sequence. */
    public static Variable apply(Variable token, Variable x) {
        Tensor in = x.value();
        if (in.shape().rank() != 3 || token.value().elements() != in.shape().size(2)) {
            throw new IllegalArgumentException("prependToken: expected token (1, 1, d) and x (n, t, d), got "
                    + token.value().shape() + " and " + in.shape());
        }
        long n = in.shape().size(0);
        long t = in.shape().size(1);
        long d = in.shape().size(2);
        Tensor y = Tensor.empty(in.device(), n, t + 1, d);
        LinearAlgebra algebra = in.device().backend().linearAlgebra();
        algebra.copyRows(new Strided(token.value(), 0, 0), new Strided(y, 0, (t + 1) * d), n, d);
        algebra.copyRows(new Strided(in, 0, t * d), new Strided(y, d, (t + 1) * d), n, t * d);
        return Autograd.records(token, x) ? new PrependToken(token, x).output(y) : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        long n = dy.shape().size(0);
        long t = dy.shape().size(1) - 1;
        long d = dy.shape().size(2);
        LinearAlgebra algebra = dy.device().backend().linearAlgebra();
        @Nullable Tensor[] gradients = new Tensor[2];
        if (needs(0)) {
            try (Tensor each = Tensor.empty(dy.device(), n, d)) {
                algebra.copyRows(new Strided(dy, 0, (t + 1) * d), new Strided(each, 0, d), n, d);
                Tensor dtoken = Tensor.empty(dy.device(), 1, 1, d);
                try (Tensor sums = dtoken.reshape(d)) {
                    algebra.columnSums(each, sums);
                }
                gradients[0] = dtoken;
            }
        }
        if (needs(1)) {
            Tensor dx = Tensor.empty(dy.device(), n, t, d);
            algebra.copyRows(new Strided(dy, d, (t + 1) * d), new Strided(dx, 0, t * d), n, t * d);
            gradients[1] = dx;
        }
        return gradients;
    }
}
