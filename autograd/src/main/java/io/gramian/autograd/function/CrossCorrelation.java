package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.Check;
import io.gramian.backend.Covariance;
import org.jspecify.annotations.Nullable;

/**
 * Cross-correlation of the columns of two matrices: {@code C = a^T b / n} (da, db) with
 * {@code a = (A - mean) / sqrt(biased variance + eps)}, b alike. {@link Covariance} has the kernel; the gradient flows through
 * means and variances. Time O(n da db), forward and backward; C is stored, unlike in the losses made of it.
 *
 * <p>Source: Zbontar et al., <i>Barlow Twins</i>, ICML 2021, eq. 2.
 */
public final class CrossCorrelation extends Function {
    private final Saved a;
    private final Saved b;
    private final float eps;

    private CrossCorrelation(Variable a, Variable b, float eps) {
        super("CrossCorrelation", a, b);
        this.a = save("a", a.value());
        this.b = save("b", b.value());
        this.eps = eps;
    }

    /**
     * The correlations of columns: a variable of shape (da, db).
     *
     * @param a float32 (n, da)
     * @param b float32 (n, db)
     * @param eps added to the variances, above 0
     */
    public static Variable apply(Variable a, Variable b, float eps) {
        Check.matrix("a", a.value());
        Check.matrix("b", b.value());
        long rows = a.value().shape().size(1);
        long columns = b.value().shape().size(1);
        Tensor c = Tensor.empty(a.value().device(), rows, columns);
        try {
            a.value().device().backend().covariance().crossCorrelation(a.value(), b.value(), eps, c);
        } catch (RuntimeException failure) {
            c.close();
            throw failure;
        }
        return Autograd.records(a, b) ? new CrossCorrelation(a, b, eps).output(c) : Variable.constant(c);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dc) {
        Tensor da = Tensor.empty(dc.device(), a.get().shape().toArray());
        Tensor db = Tensor.empty(dc.device(), b.get().shape().toArray());
        dc.device().backend().covariance().crossCorrelationBackward(a.get(), b.get(), eps, dc, da, db);
        if (!needs(0)) {
            da.close();
        }
        if (!needs(1)) {
            db.close();
        }
        return new Tensor[] {needs(0) ? da : null, needs(1) ? db : null};
    }
}
