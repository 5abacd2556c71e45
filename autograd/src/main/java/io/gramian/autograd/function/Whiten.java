package io.gramian.autograd.function;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import io.gramian.backend.Whitening;
import io.gramian.backend.WhiteningMethod;
import org.jspecify.annotations.Nullable;

/**
 * Whitening of slices (batch, n, d), each by itself: {@code Y = Xc W} with {@code W W^T} the inverse of
 * {@code (1-eps) cov(X) + eps I}. The gradient flows through mean, covariance and W; {@link Whitening} has the formulas.
 */
public final class Whiten extends Function {
    private final WhiteningMethod method;
    private final float eps;
    private final Saved slices;
    private final Saved w;
    private final @Nullable Saved roots;

    private Whiten(Variable x, WhiteningMethod method, float eps, Tensor y, Tensor w, @Nullable Tensor roots) {
        super("Whiten", x);
        this.method = method;
        this.eps = eps;
        boolean iterative = method.kind() == WhiteningMethod.Kind.ITERATIVE;
        this.slices = iterative ? save("x", x.value()) : save("y", y);
        this.w = save("w", w);
        this.roots = roots == null ? null : save("roots", roots);
    }

    /**
     * Whitens the slices of x (batch, n, d).
     *
     * @throws io.gramian.GramianException if a slice is singular or holds NaN, naming it and the column
     */
    public static Variable apply(Variable x, WhiteningMethod method, float eps) {
        Tensor value = x.value();
        if (value.shape().rank() != 3) {
            throw new IllegalArgumentException("whiten: expected slices (batch, n, d), got shape " + value.shape());
        }
        long batch = value.shape().size(0);
        long d = value.shape().size(2);
        Whitening room = value.device().backend().whitening();
        Tensor y = Tensor.empty(value.device(), value.shape().toArray());
        Tensor w = Tensor.empty(value.device(), batch, d, d);
        Tensor roots = null;
        switch (method.kind()) {
            case CHOLESKY -> room.whiten(value, eps, y, w);
            case ITERATIVE -> room.whitenIterative(method.steps(), value, eps, y, w);
            case ZCA, PCA -> {
                roots = Tensor.empty(value.device(), DType.FLOAT64, batch, d);
                room.whitenSpectral(method, value, eps, y, w, roots);
            }
        }
        Variable result =
                Autograd.records(x) ? new Whiten(x, method, eps, y, w, roots).output(y) : Variable.constant(y);
        w.close(); // what the backward pass needs was saved
        if (roots != null) {
            roots.close();
        }
        return result;
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Whitening room = dy.device().backend().whitening();
        Tensor dx = Tensor.empty(dy.device(), dy.shape().toArray());
        if (roots != null) {
            room.whitenSpectralBackward(method, slices.get(), w.get(), roots.get(), dy, eps, dx);
        } else if (method.kind() == WhiteningMethod.Kind.ITERATIVE) {
            room.whitenIterativeBackward(method.steps(), slices.get(), w.get(), dy, eps, dx);
        } else {
            room.whitenBackward(slices.get(), w.get(), dy, eps, dx);
        }
        return new Tensor[] {dx};
    }
}
