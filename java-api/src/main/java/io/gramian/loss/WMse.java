package io.gramian.loss;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Permutations;
import io.gramian.backend.Whitening;
import io.gramian.backend.WhiteningMethod;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whitening mean squared error: every view's slice of the batch is whitened, and the whitened views are pulled together.
 *
 * <p>{@code y = (z - mean) L^-T} (or as {@link WhiteningMethod} says) with {@code (1-eps) cov + eps I = L L^T} of a slice of {@code windowSize} images,
 * {@code loss = mean over iterations, pairs of views (a, b) and images i of 2 - 2 cos(y_i^a, y_i^b)}; without
 * {@code normalize} of {@code |y_i^a - y_i^b|^2 / d}. Each iteration cuts the batch along a permutation of its own; the
 * same images form a slice in every view. The gradient flows through mean, covariance and factor.
 *
 * <p>Views: any number from 2, shape (n, d). The value lies in [0, 4]; random vectors give about 2; shifting a
 * view, scaling it or mapping its rows by a lower triangular matrix with positive diagonal changes nothing. Time: O(iterations views n d^2),
 * memory: O(views n d + views n d^2 / windowSize). n must be a multiple of {@code windowSize}, and {@code windowSize - 1}
 * at least d (iterative whitening: no bound). NaN in a view gives NaN; a slice whose covariance is singular (a constant
 * column, say) throws {@link io.gramian.GramianException} with slice, view and column.
 *
 * <p>Source: Ermolov et al., Whitening for Self-Supervised Representation Learning, ICML 2021 (arXiv 2007.06346),
 * equations 4 to 6, and the authors' {@code methods/w_mse.py} and {@code methods/whitening.py}.
 *
 * @param windowSize images of a slice (w_size); at least 2, usually twice the dimension
 * @param iterations permutations per step (w_iter), at least 1
 * @param eps convex shrinkage towards the identity, in [0, 1); 0 in the paper, 1e-4 helps when slices are nearly singular
 * @param normalize whether whitened rows are divided by their norm
 * @param whitening how slices are whitened; Cholesky in the paper
 * @param oneSided whether the later view of a pair counts as a constant in the gradient, as solo-learn trains
 * @param seed of the permutations
 */
public record WMse(
        int windowSize,
        int iterations,
        float eps,
        boolean normalize,
        WhiteningMethod whitening,
        boolean oneSided,
        long seed)
        implements DrawnLoss {
    /** Checks the settings. */
    public WMse {
        Check.atLeast("w_size", windowSize, 2);
        Check.atLeast("w_iter", iterations, 1);
        Check.fraction("eps", eps);
    }

    /** Cholesky whitening, gradients for both views of a pair: the paper's form. */
    public WMse(int windowSize, int iterations, float eps, boolean normalize, long seed) {
        this(windowSize, iterations, eps, normalize, WhiteningMethod.CHOLESKY, false, seed);
    }

    /** The paper's CIFAR settings: w_size 128 (for embeddings of 64), one iteration, no shrinkage, cosine. */
    public static WMse defaults() {
        return new WMse(128, 1, 0, true, 0);
    }

    @Override
    public String name() {
        return "wmse";
    }

    /**
     * The loss with permutations from outside.
     *
     * @param views embeddings (n, d) each, at least two
     * @param permutations int32 (iterations, n), each row a permutation of 0 .. n-1; replaces {@code iterations} and seed
     */
    public double value(List<Tensor> views, Tensor permutations) {
        return room(views)
                .wMse(views, windowSize, permutations, eps, normalize, whitening, oneSided, List.of())
                .value();
    }

    /**
     * The loss and gradients with permutations from outside.
     *
     * @param views as in {@link #value(List, Tensor)}
     * @param permutations as in {@link #value(List, Tensor)}
     * @param gradients one per view, overwritten
     */
    public double valueAndGradient(List<Tensor> views, Tensor permutations, List<Tensor> gradients) {
        Check.count("gradients", gradients.size(), views.size());
        return room(views)
                .wMse(views, windowSize, permutations, eps, normalize, whitening, oneSided, gradients)
                .value();
    }

    /** The loss of {@link #valueAndGradient(List, Tensor, List)}, which has no terms. */
    public LossTerms namedTermsAndGradient(List<Tensor> views, Tensor permutations, List<Tensor> gradients) {
        return LossTerms.of(valueAndGradient(views, permutations, gradients));
    }

    /** The permutations that a step draws for these views; the caller closes them. */
    public Tensor draw(List<Tensor> views, long step) {
        room(views);
        Tensor first = views.get(0);
        int n = Math.toIntExact(first.shape().size(0));
        return Tensor.empty(first.device(), DType.INT32, iterations, n).copyFrom(permutations(step, n));
    }

    /** The permutations (iterations, n), flattened, that a step draws for a batch of n images. */
    public int[] permutations(long step, int n) {
        int[] indices = new int[Math.multiplyExact(iterations, n)];
        for (int k = 0; k < iterations; k++) {
            Permutation.draw(seed, step, k, indices, k * n, n);
        }
        return indices;
    }

    @Override
    public Drawn drawn(List<Tensor> views, long step) {
        room(views);
        Tensor first = views.get(0);
        return drawn(first.device(), first.shape().size(0), first.shape().size(1), step);
    }

    @Override
    public Drawn drawn(Device device, long n, long d, long step) {
        int images = Math.toIntExact(n);
        return new Sliced(this, new Permutations(device, iterations, images, permutations(step, images)));
    }

    /** The loss with permutations of its own. */
    private record Sliced(WMse loss, Permutations permutations) implements Drawn, PreparedLoss {
        @Override
        public String name() {
            return loss.name();
        }

        @Override
        public void draw(long step) {
            permutations.set(loss.permutations(step, permutations.length()));
        }

        @Override
        public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
            if (gradients != null) {
                Check.count("gradients", gradients.size(), views.size());
            }
            return room(views)
                    .wMse(
                            views,
                            loss.windowSize,
                            permutations,
                            loss.eps,
                            loss.normalize,
                            loss.whitening,
                            loss.oneSided,
                            gradients == null ? List.of() : gradients)::value;
        }

        @Override
        public void close() {
            permutations.close();
        }
    }

    private static Whitening room(List<Tensor> views) {
        Check.atLeast("views", views.size(), 2);
        Check.matrix("views[0]", views.get(0));
        return views.get(0).device().backend().whitening();
    }
}
