package io.gramian.reference;

/**
 * A method of whitening one slice x (n x d, row-major) in float64, with covariance {@code S = (1-eps) cov(x) + eps I}, and its
 * gradient.
 */
public interface SliceReference {
    /** Whitened rows (n x d). */
    double[] value(double[] x, int n, int d, double eps);

    /** Gradient with respect to x given that of the whitened rows. */
    double[] gradient(double[] x, double[] dy, int n, int d, double eps);

    /** {@link WhiteningReference}. */
    SliceReference CHOLESKY = new SliceReference() {
        @Override
        public double[] value(double[] x, int n, int d, double eps) {
            return WhiteningReference.value(x, n, d, eps);
        }

        @Override
        public double[] gradient(double[] x, double[] dy, int n, int d, double eps) {
            return WhiteningReference.gradient(x, dy, n, d, eps);
        }
    };

    /** ZCA: {@code Y = Xc U D^-1/2 U^T}. */
    SliceReference ZCA = new SpectralWhiteningReference(true);

    /** PCA: {@code Y = Xc U D^-1/2}, eigenvalues descending. */
    SliceReference PCA = new SpectralWhiteningReference(false);

    /** Iterative normalisation with this many steps. */
    static SliceReference iterative(int steps) {
        return new IterativeWhiteningReference(steps);
    }

    /** {@code (1-eps) cov(x) + eps I}, unbiased. */
    static double[] covariance(double[] x, int n, int d, double eps) {
        double[] c = StandardizeColumnsReference.centered(x, n, d);
        double[] s = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                for (int r = 0; r < n; r++) {
                    s[i * d + j] += (1 - eps) * c[r * d + i] * c[r * d + j] / (n - 1);
                }
                s[i * d + j] += i == j ? eps : 0;
            }
        }
        return s;
    }

    /**
     * Gradient of {@code Y = Xc W} once that of S is known: {@code center(dY W^T + (1-eps)/(n-1) Xc (dS + dS^T))}.
     */
    static double[] throughTheCovariance(double[] x, double[] dy, double[] w, double[] ds, int n, int d, double eps) {
        double[] c = StandardizeColumnsReference.centered(x, n, d);
        double[] dx = new double[n * d];
        for (int r = 0; r < n; r++) {
            for (int i = 0; i < d; i++) {
                for (int j = 0; j < d; j++) {
                    dx[r * d + i] += dy[r * d + j] * w[i * d + j];
                    dx[r * d + i] += (1 - eps) / (n - 1) * c[r * d + j] * (ds[i * d + j] + ds[j * d + i]);
                }
            }
        }
        return StandardizeColumnsReference.centered(dx, n, d);
    }

    /** A (rows x inner) times B (inner x columns), either transposed in storage if asked for. */
    static double[] product(
            boolean transposeA, double[] a, boolean transposeB, double[] b, int rows, int inner, int columns) {
        double[] c = new double[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < inner; k++) {
                double left = transposeA ? a[k * rows + i] : a[i * inner + k];
                for (int j = 0; j < columns; j++) {
                    c[i * columns + j] += left * (transposeB ? b[j * inner + k] : b[k * columns + j]);
                }
            }
        }
        return c;
    }
}
