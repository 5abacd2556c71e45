package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import java.util.List;

/**
 * Cholesky whitening of batches of slices, and the W-MSE loss on it (Ermolov et al. 2021, arXiv 2007.06346).
 *
 * <p>A slice {@code X (n, d)} with covariance {@code S = (1-eps) Xc^T Xc / (n-1) + eps I = L L^T} becomes
 * {@code Y = Xc L^-T}: for {@code eps} = 0 its columns have mean 0, variance 1 and no correlation. Covariance and factor
 * are float64 inside. A slice whose covariance is singular beyond rounding throws {@link io.gramian.GramianException}
 * with the batch entry and the column.
 */
public final class Whitening {
    private final Stream stream;
    private final NativeArrays arrays = new NativeArrays();

    Whitening(Stream stream) {
        this.stream = stream;
    }

    /**
     * Whitens each slice by itself.
     *
     * @param x slices (batch, n, d), n at least 2; without {@code eps} n - 1 must be at least d
     * @param eps shrinkage towards the identity, in [0, 1)
     * @param y receives the whitened slices (batch, n, d)
     * @param w receives the whitening matrices {@code L^-1} (batch, d, d), zeros above the diagonal
     * @throws io.gramian.GramianException if a slice is singular or holds NaN; y and w are then undefined
     */
    public void whiten(Tensor x, float eps, Tensor y, Tensor w) {
        Check.fraction("eps", eps);
        checkSlices("x", x);
        long batch = x.shape().size(0);
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        Check.shape("y", y, batch, n, d);
        Check.shape("w", w, batch, d, d);
        Check.disjoint("y", y, "x", x);
        Check.disjoint("w", w, "x", x);
        Check.disjoint("w", w, "y", y);
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
        Check.fraction("eps", eps);
        checkSlices("y", y);
        long batch = y.shape().size(0);
        long n = y.shape().size(1);
        long d = y.shape().size(2);
        Check.shape("w", w, batch, d, d);
        Check.shape("dy", dy, batch, n, d);
        Check.shape("dx", dx, batch, n, d);
        Check.disjoint("dx", dx, "y", y);
        Check.disjoint("dx", dx, "w", w);
        stream.run((kernels, context) -> kernels.gramian_whitening_backward(
                context, batch, n, d, y.address(), w.address(), dy.address(), eps, dx.address()));
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
    public double wMse(List<Tensor> views, int window, Tensor permutations, float eps, boolean normalize) {
        return wMse(views, window, permutations, eps, normalize, List.of());
    }

    /**
     * The loss of {@link #wMse(List, int, Tensor, float, boolean)} and its gradients.
     *
     * @param views as there
     * @param window as there
     * @param permutations as there
     * @param eps as there
     * @param normalize as there
     * @param gradients one per view (n, d), overwritten; NaN if a view holds NaN. An empty list: the value alone
     */
    public synchronized double wMse(
            List<Tensor> views, int window, Tensor permutations, float eps, boolean normalize, List<Tensor> gradients) {
        Views.check(views);
        long n = views.get(0).shape().size(0);
        long d = views.get(0).shape().size(1);
        Check.fraction("eps", eps);
        checkWindow(window, n, d);
        checkPermutations(permutations, n);
        if (!gradients.isEmpty()) {
            Views.checkGradients(views, gradients);
        }
        arrays.clear();
        int z = arrays.addresses(views);
        int dz = arrays.addresses(gradients);
        int loss = arrays.doubles(new double[1]);
        arrays.publish();
        stream.run((kernels, context) -> kernels.gramian_w_mse(
                context,
                views.size(),
                n,
                d,
                arrays.at(z),
                window,
                permutations.shape().size(0),
                permutations.address(),
                eps,
                normalize ? 1 : 0,
                arrays.at(loss),
                gradients.isEmpty() ? 0 : arrays.at(dz)));
        gradients.forEach(Tensor::touch);
        return arrays.readDouble(loss);
    }

    private static void checkSlices(String name, Tensor x) {
        Check.dtype(name, x, DType.FLOAT32);
        if (x.shape().rank() != 3) {
            throw new IllegalArgumentException(name + ": expected slices (batch, n, d), got shape " + x.shape());
        }
        Check.atLeast(name + ": rows of a slice", x.shape().size(1), 2);
    }

    private static void checkWindow(int window, long n, long d) {
        if (window - 1 < Math.max(d, 1)) {
            throw new IllegalArgumentException("w_size: expected at least " + (d + 1) + " rows for " + d
                    + " columns (the covariance of fewer is singular; twice the columns is usual), got " + window);
        }
        if (window > n) {
            throw new IllegalArgumentException("w_size: expected at most the batch of " + n + " images, got " + window
                    + "; use a larger batch or a smaller w_size");
        }
        if (n % window != 0) {
            throw new IllegalArgumentException("w_size: expected a divisor of the batch of " + n + " images, got "
                    + window + "; drop the last " + n % window + " images or change w_size");
        }
    }

    private static void checkPermutations(Tensor permutations, long n) {
        Check.dtype("permutations", permutations, DType.INT32);
        if (permutations.shape().rank() != 2
                || permutations.shape().size(1) != n
                || permutations.shape().size(0) == 0) {
            throw new IllegalArgumentException("permutations: expected shape (iterations, " + n
                    + ") with at least one iteration, got " + permutations.shape());
        }
        int[] indices = permutations.toInts();
        int[] last = new int[Math.toIntExact(n)];
        for (int i = 0; i < indices.length; i++) {
            int iteration = i / last.length + 1;
            int index = indices[i];
            if (index < 0 || index >= n || last[index] == iteration) {
                throw new IllegalArgumentException("permutations: expected each of 0 .. " + (n - 1)
                        + " once in every row, got " + index + " at row " + (iteration - 1) + ", position "
                        + i % last.length);
            }
            last[index] = iteration;
        }
    }
}
