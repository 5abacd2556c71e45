package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Shape;
import io.gramian.Tensor;

/** What the operations of {@link Whitening} ask of their arguments. */
final class WhiteningChecks {
    private WhiteningChecks() {}

    /** The forward pass: slices, whitened slices, their matrices. */
    static void forward(Tensor x, float eps, Tensor y, Tensor w) {
        Check.fraction("eps", eps);
        slices("x", x);
        long batch = x.shape().size(0);
        long n = x.shape().size(1);
        long d = x.shape().size(2);
        Check.shape("y", y, batch, n, d);
        Check.shape("w", w, batch, d, d);
        Check.disjoint("y", y, "x", x);
        Check.disjoint("w", w, "x", x);
        Check.disjoint("w", w, "y", y);
    }

    /** The backward pass: input or output of the forward pass, its matrices, gradients. */
    static void backward(String name, Tensor slices, Tensor w, Tensor dy, float eps, Tensor dx) {
        Check.fraction("eps", eps);
        slices(name, slices);
        long batch = slices.shape().size(0);
        long n = slices.shape().size(1);
        long d = slices.shape().size(2);
        Check.shape("w", w, batch, d, d);
        Check.shape("dy", dy, batch, n, d);
        Check.shape("dx", dx, batch, n, d);
        Check.disjoint("dx", dx, name, slices);
        Check.disjoint("dx", dx, "w", w);
        if (dx.address() != dy.address()) {
            Check.disjoint("dx", dx, "dy", dy);
        }
    }

    static void spectral(WhiteningMethod method) {
        if (method.kind() != WhiteningMethod.Kind.ZCA && method.kind() != WhiteningMethod.Kind.PCA) {
            throw new IllegalArgumentException("method: expected ZCA or PCA, got " + method.kind());
        }
    }

    static void roots(Tensor roots, long batch, long d) {
        Check.dtype("roots", roots, DType.FLOAT64);
        Shape expected = Shape.of(batch, d);
        if (!roots.shape().equals(expected)) {
            throw new IllegalArgumentException("roots: expected shape " + expected + ", got " + roots.shape());
        }
    }

    static void slices(String name, Tensor x) {
        Check.dtype(name, x, DType.FLOAT32);
        if (x.shape().rank() != 3) {
            throw new IllegalArgumentException(name + ": expected slices (batch, n, d), got shape " + x.shape());
        }
        Check.atLeast(name + ": rows of a slice", x.shape().size(1), 2);
    }

    static void window(int window, long n, long d, WhiteningMethod method) {
        boolean partly = method.kind() == WhiteningMethod.Kind.ITERATIVE;
        Check.atLeast("w_size", window, 2);
        if (!partly && window - 1 < Math.max(d, 1)) {
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

    static void permutations(Tensor permutations, long n) {
        Check.dtype("permutations", permutations, DType.INT32);
        if (permutations.shape().rank() != 2
                || permutations.shape().size(1) != n
                || permutations.shape().size(0) == 0) {
            throw new IllegalArgumentException("permutations: expected shape (iterations, " + n
                    + ") with at least one iteration, got " + permutations.shape());
        }
        permutations(permutations.toInts(), Math.toIntExact(n));
    }

    /** Rows of n, one behind the other. */
    static void permutations(int[] indices, int n) {
        int[] last = new int[n];
        for (int i = 0; i < indices.length; i++) {
            int iteration = i / n + 1;
            int index = indices[i];
            if (index < 0 || index >= n || last[index] == iteration) {
                throw new IllegalArgumentException("permutations: expected each of 0 .. " + (n - 1)
                        + " once in every row, got " + index + " at row " + (iteration - 1) + ", position "
                        + i % n);
            }
            last[index] = iteration;
        }
    }
}
