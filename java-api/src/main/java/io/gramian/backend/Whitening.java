package io.gramian.backend;

import io.gramian.Tensor;
import java.util.List;

/**
 * Whitening of batches of slices, and the W-MSE loss on it (Ermolov et al. 2021, arXiv 2007.06346).
 *
 * <p>A slice {@code X (n, d)} with covariance {@code S = (1-eps) Xc^T Xc / (n-1) + eps I} becomes {@code Y = Xc W}, where
 * {@code W W^T} is the inverse of S ({@link WhiteningMethod}): for {@code eps} = 0 its columns have mean 0, variance 1 and no
 * correlation. Covariance and factor are float64 inside. A slice whose covariance is singular beyond rounding throws
 * {@link io.gramian.GramianException} with the batch entry and the column.
 */
@CheckReturnValue
public final class Whitening {
    private final Stream stream;
    private final NativeArrays arrays;

    Whitening(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
    }

    /**
     * Whitens each slice by itself with its Cholesky factor, {@code Y = Xc L^-T}, {@code S = L L^T}.
     *
     * @param x slices (batch, n, d), n at least 2; without {@code eps} n - 1 must be at least d
     * @param eps shrinkage towards the identity, in [0, 1)
     * @param y receives the whitened slices (batch, n, d)
     * @param w receives the whitening matrices {@code L^-1} (batch, d, d), zeros above the diagonal
     * @throws io.gramian.GramianException if a slice is singular or holds NaN; y and w are then undefined
     */
    public void whiten(Tensor x, float eps, Tensor y, Tensor w) {
        WhiteningChecks.forward(x, eps, y, w);
        long batch = x.shape().size(0);
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        stream.run((kernels, context) ->
                kernels.gramian_whitening(context, batch, n, d, x.address(), eps, y.address(), w.address()));
        y.touch();
        w.touch();
    }

    /**
     * Gradient of {@link #whiten}: {@code dX = (dY - mean(dY) - (1-eps)/(n-1) Y P) L^-1}, P the lower triangle of
     * {@code dY^T Y} made symmetric.
     *
     * @param y whitened slices (batch, n, d), {@code w} their matrices (batch, d, d), of the forward pass
     * @param w as y
     * @param dy gradient of y (batch, n, d)
     * @param eps as in the forward pass
     * @param dx receives the gradient of x (batch, n, d); may be {@code dy}
     */
    public void whitenBackward(Tensor y, Tensor w, Tensor dy, float eps, Tensor dx) {
        WhiteningChecks.backward("y", y, w, dy, eps, dx);
        long batch = y.shape().size(0);
        long n = y.shape().size(1);
        long d = y.shape().size(2);
        stream.run((kernels, context) -> kernels.gramian_whitening_backward(
                context, batch, n, d, y.address(), w.address(), dy.address(), eps, dx.address()));
        dx.touch();
    }

    /**
     * Whitens each slice by ZCA or PCA.
     *
     * @param method {@link WhiteningMethod#ZCA} or {@link WhiteningMethod#PCA}
     * @param x slices (batch, n, d), n at least 2; without {@code eps} n - 1 must be at least d
     * @param eps shrinkage towards the identity, in [0, 1)
     * @param y receives the whitened slices (batch, n, d)
     * @param w receives {@code D^-1/2 U^T} (batch, d, d), eigenvalues descending, the largest entry of each row positive
     * @param roots receives {@code D^1/2} (batch, d), float64
     * @throws io.gramian.GramianException if a slice is singular or holds NaN; the outputs are then undefined
     */
    public void whitenSpectral(WhiteningMethod method, Tensor x, float eps, Tensor y, Tensor w, Tensor roots) {
        WhiteningChecks.spectral(method);
        WhiteningChecks.forward(x, eps, y, w);
        long batch = x.shape().size(0);
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        WhiteningChecks.roots(roots, batch, d);
        Check.disjoint("roots", roots, "x", x);
        Check.disjoint("roots", roots, "y", y);
        Check.disjoint("roots", roots, "w", w);
        stream.run((kernels, context) -> kernels.gramian_spectral_whitening(
                context, method.code(), batch, n, d, x.address(), eps, y.address(), w.address(), roots.address()));
        y.touch();
        w.touch();
        roots.touch();
    }

    /**
     * Gradient of {@link #whitenSpectral} (formulas at the head of spectral_whitening.cpp).
     *
     * @param method as in the forward pass
     * @param y whitened slices, {@code w} and {@code roots} of the forward pass
     * @param dy gradient of y (batch, n, d)
     * @param eps as in the forward pass
     * @param dx receives the gradient of x (batch, n, d); may be {@code dy}
     */
    public void whitenSpectralBackward(
            WhiteningMethod method, Tensor y, Tensor w, Tensor roots, Tensor dy, float eps, Tensor dx) {
        WhiteningChecks.spectral(method);
        WhiteningChecks.backward("y", y, w, dy, eps, dx);
        WhiteningChecks.roots(roots, y.shape().size(0), y.shape().size(2));
        Check.disjoint("dx", dx, "roots", roots);
        stream.run((kernels, context) -> kernels.gramian_spectral_whitening_backward(
                context,
                method.code(),
                y.shape().size(0),
                y.shape().size(1),
                y.shape().size(2),
                y.address(),
                w.address(),
                roots.address(),
                dy.address(),
                eps,
                dx.address()));
        dx.touch();
    }

    /**
     * Whitens each slice by iterative normalisation. Singular slices are whitened where they vary; only a slice of equal rows
     * fails.
     *
     * @param steps of Newton and Schulz, 1 to 64; 5 in the paper
     * @param x slices (batch, n, d), n at least 2
     * @param eps shrinkage towards the identity, in [0, 1)
     * @param y receives the whitened slices (batch, n, d)
     * @param w receives the whitening matrices (batch, d, d), symmetric up to rounding
     * @throws io.gramian.GramianException if a slice has equal rows or holds NaN; the outputs are then undefined
     */
    public void whitenIterative(int steps, Tensor x, float eps, Tensor y, Tensor w) {
        int checked = WhiteningMethod.iterative(steps).steps();
        WhiteningChecks.forward(x, eps, y, w);
        long batch = x.shape().size(0);
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        stream.run((kernels, context) -> kernels.gramian_iterative_whitening(
                context, checked, batch, n, d, x.address(), eps, y.address(), w.address()));
        y.touch();
        w.touch();
    }

    /**
     * Gradient of {@link #whitenIterative}, through every step.
     *
     * @param steps as in the forward pass
     * @param x slices (batch, n, d) as in the forward pass, {@code w} from it
     * @param dy gradient of y (batch, n, d)
     * @param eps as in the forward pass
     * @param dx receives the gradient of x (batch, n, d); may be {@code dy}
     */
    public void whitenIterativeBackward(int steps, Tensor x, Tensor w, Tensor dy, float eps, Tensor dx) {
        int checked = WhiteningMethod.iterative(steps).steps();
        WhiteningChecks.backward("x", x, w, dy, eps, dx);
        stream.run((kernels, context) -> kernels.gramian_iterative_whitening_backward(
                context,
                checked,
                x.shape().size(0),
                x.shape().size(1),
                x.shape().size(2),
                x.address(),
                w.address(),
                dy.address(),
                eps,
                dx.address()));
        dx.touch();
    }

    /**
     * The W-MSE loss: per permutation, every view's slice of rows {@code permutation[b window], ...} is whitened, and all
     * pairs of views are compared; the mean over permutations and pairs.
     *
     * @param views embeddings (n, d), at least two
     * @param window rows of a slice; divides n, and is at least d + 1
     * @param permutations int32 (iterations, n): each row a permutation of 0 .. n-1
     * @param eps shrinkage, in [0, 1)
     * @param normalize true: {@code 2 - 2 cos} of whitened rows; false: their mean squared difference
     * @return the loss; NaN if a view holds NaN
     * @throws io.gramian.GramianException if a slice is singular; names slice, view and column
     */
    public Numbers wMse(List<Tensor> views, int window, Tensor permutations, float eps, boolean normalize) {
        return wMse(views, window, permutations, eps, normalize, WhiteningMethod.CHOLESKY, false, List.of());
    }

    /**
     * The loss of {@link #wMse(List, int, Tensor, float, boolean)} with any method of whitening, and its gradients.
     *
     * @param views as there
     * @param window as there; with {@link WhiteningMethod.Kind#ITERATIVE} at least 2
     * @param permutations as there
     * @param eps as there
     * @param normalize as there
     * @param method how slices are whitened
     * @param oneSided whether the later view of a pair counts as a constant in the gradient
     * @param gradients one per view (n, d), overwritten; NaN if a view holds NaN. An empty list: the value alone
     */
    public Numbers wMse(
            List<Tensor> views,
            int window,
            Tensor permutations,
            float eps,
            boolean normalize,
            WhiteningMethod method,
            boolean oneSided,
            List<Tensor> gradients) {
        check(views, window, eps, method);
        WhiteningChecks.permutations(permutations, views.get(0).shape().size(0));
        return run(views, window, permutations, eps, normalize, method, oneSided, gradients);
    }

    /** The same loss with permutations that were checked before: nothing is read from the device but the loss. */
    public Numbers wMse(
            List<Tensor> views,
            int window,
            Permutations permutations,
            float eps,
            boolean normalize,
            WhiteningMethod method,
            boolean oneSided,
            List<Tensor> gradients) {
        check(views, window, eps, method);
        Check.count("permutations", permutations.length(), views.get(0).shape().size(0));
        return run(views, window, permutations.indices(), eps, normalize, method, oneSided, gradients);
    }

    private static void check(List<Tensor> views, int window, float eps, WhiteningMethod method) {
        Views.check(views);
        long n = views.get(0).shape().size(0);
        long d = views.get(0).shape().size(1);
        Check.fraction("eps", eps);
        Check.atLeast("width of views[0]", d, 1);
        WhiteningChecks.window(window, n, d, method);
    }

    private Numbers run(
            List<Tensor> views,
            int window,
            Tensor permutations,
            float eps,
            boolean normalize,
            WhiteningMethod method,
            boolean oneSided,
            List<Tensor> gradients) {
        long n = views.get(0).shape().size(0);
        long d = views.get(0).shape().size(1);
        if (!gradients.isEmpty()) {
            Views.checkGradients(views, gradients);
        }
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> {
                    arrays.pass(views, gradients);
                    return kernels.gramian_w_mse(
                            context,
                            views.size(),
                            n,
                            d,
                            arrays.at(0),
                            window,
                            permutations.shape().size(0),
                            permutations.address(),
                            eps,
                            normalize ? 1 : 0,
                            method.code(),
                            method.steps(),
                            oneSided ? 1 : 0,
                            at,
                            gradients.isEmpty() ? 0 : arrays.at(views.size()));
                },
                gradients.toArray(new Tensor[0]));
    }
}
