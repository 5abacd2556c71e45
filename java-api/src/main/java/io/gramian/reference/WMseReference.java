package io.gramian.reference;

/**
 * W-MSE in float64 (Ermolov et al. 2021, arXiv 2007.06346, as {@code methods/w_mse.py} of the authors computes it): for each
 * permutation the images are cut into slices of {@code window}, every view's slice is whitened by itself, and all pairs of
 * views are compared by {@code 2 - 2 cos} (normalised) or the mean squared difference.
 */
public final class WMseReference {
    private WMseReference() {}

    /** Mean over permutations and pairs of views of the distance of views whitened by Cholesky. */
    public static double value(
            double[][] views, int n, int d, int window, int[][] permutations, double eps, boolean normalize) {
        return value(views, n, d, window, permutations, eps, normalize, SliceReference.CHOLESKY);
    }

    /** The same with any method of whitening. */
    public static double value(
            double[][] views,
            int n,
            int d,
            int window,
            int[][] permutations,
            double eps,
            boolean normalize,
            SliceReference method) {
        double loss = 0;
        for (int[] permutation : permutations) {
            double[][] whitened = whitened(views, n, d, window, permutation, eps, method);
            for (int a = 0; a < views.length; a++) {
                for (int b = a + 1; b < views.length; b++) {
                    loss += distance(whitened[a], whitened[b], n, d, normalize);
                }
            }
        }
        return loss / (permutations.length * pairs(views.length));
    }

    /** Gradient with respect to every view, whitened by Cholesky. */
    public static double[][] gradient(
            double[][] views, int n, int d, int window, int[][] permutations, double eps, boolean normalize) {
        return gradient(views, n, d, window, permutations, eps, normalize, SliceReference.CHOLESKY, false);
    }

    /** The same with any method of whitening; one-sided: the later view of a pair is a constant. */
    public static double[][] gradient(
            double[][] views,
            int n,
            int d,
            int window,
            int[][] permutations,
            double eps,
            boolean normalize,
            SliceReference method,
            boolean oneSided) {
        double[][] gradients = new double[views.length][n * d];
        double weight = 1 / (permutations.length * pairs(views.length));
        for (int[] permutation : permutations) {
            double[][] whitened = whitened(views, n, d, window, permutation, eps, method);
            for (int a = 0; a < views.length; a++) {
                double[] dy = new double[n * d];
                for (int b = 0; b < views.length; b++) {
                    if (b > a || (b < a && !oneSided)) {
                        addDistanceGradient(whitened[a], whitened[b], n, d, normalize, weight, dy);
                    }
                }
                unwhiten(views[a], dy, n, d, window, permutation, eps, method, gradients[a]);
            }
        }
        return gradients;
    }

    /** {@code 2 - 2 mean_i cos(a_i, b_i)}, or the mean of {@code (a - b)^2} over all elements. */
    public static double distance(double[] a, double[] b, int n, int d, boolean normalize) {
        if (!normalize) {
            double sum = 0;
            for (int i = 0; i < n * d; i++) {
                sum += (a[i] - b[i]) * (a[i] - b[i]);
            }
            return sum / (n * d);
        }
        double[] ua = NormalizeRowsReference.value(a, n, d, 1e-12);
        double[] ub = NormalizeRowsReference.value(b, n, d, 1e-12);
        double sum = 0;
        for (int i = 0; i < n * d; i++) {
            sum += ua[i] * ub[i];
        }
        return 2 - 2 * sum / n;
    }

    /** Adds {@code weight} times the gradient of {@link #distance} with respect to a to {@code da}. */
    public static void addDistanceGradient(
            double[] a, double[] b, int n, int d, boolean normalize, double weight, double[] da) {
        if (!normalize) {
            for (int i = 0; i < n * d; i++) {
                da[i] += weight * 2 * (a[i] - b[i]) / (n * d);
            }
            return;
        }
        double[] du = NormalizeRowsReference.value(b, n, d, 1e-12);
        for (int i = 0; i < n * d; i++) {
            du[i] *= -2 * weight / n;
        }
        double[] gradient = NormalizeRowsReference.gradient(a, du, n, d, 1e-12);
        for (int i = 0; i < n * d; i++) {
            da[i] += gradient[i];
        }
    }

    private static double[][] whitened(
            double[][] views, int n, int d, int window, int[] permutation, double eps, SliceReference method) {
        double[][] whitened = new double[views.length][n * d];
        for (int v = 0; v < views.length; v++) {
            for (int first = 0; first < n; first += window) {
                double[] slice = gather(views[v], permutation, first, window, d);
                double[] y = method.value(slice, window, d, eps);
                System.arraycopy(y, 0, whitened[v], first * d, window * d);
            }
        }
        return whitened;
    }

    private static void unwhiten(
            double[] view,
            double[] dy,
            int n,
            int d,
            int window,
            int[] permutation,
            double eps,
            SliceReference method,
            double[] gradient) {
        for (int first = 0; first < n; first += window) {
            double[] slice = gather(view, permutation, first, window, d);
            double[] upstream = new double[window * d];
            System.arraycopy(dy, first * d, upstream, 0, window * d);
            double[] dx = method.gradient(slice, upstream, window, d, eps);
            for (int i = 0; i < window * d; i++) {
                gradient[permutation[first + i / d] * d + i % d] += dx[i];
            }
        }
    }

    private static double[] gather(double[] view, int[] permutation, int first, int window, int d) {
        double[] slice = new double[window * d];
        for (int i = 0; i < window; i++) {
            System.arraycopy(view, permutation[first + i] * d, slice, i * d, d);
        }
        return slice;
    }

    private static double pairs(int views) {
        return views * (views - 1) / 2.0;
    }
}
