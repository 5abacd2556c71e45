package io.gramian.reference;

/**
 * Cholesky whitening of one slice in float64: {@code S = (1-eps) cov(X) + eps I = L L^T}, {@code Y = (X - mean) L^-T}
 * (Ermolov et al. 2021, arXiv 2007.06346).
 */
public final class WhiteningReference {
    private WhiteningReference() {}

    /** Whitened rows (n x d) of x. */
    public static double[] value(double[] x, int n, int d, double eps) {
        double[] lower = factor(x, n, d, eps);
        double[] y = centred(x, n, d);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                double sum = y[i * d + j];
                for (int k = 0; k < j; k++) {
                    sum -= lower[j * d + k] * y[i * d + k];
                }
                y[i * d + j] = sum / lower[j * d + j];
            }
        }
        return y;
    }

    /**
     * Gradient with respect to x given dy: through the solve, the Cholesky factor (Murray 2016, arXiv 1602.07527,
     * equation 8), the covariance and the mean, one after the other.
     */
    public static double[] gradient(double[] x, double[] dy, int n, int d, double eps) {
        double[] lower = factor(x, n, d, eps);
        double[] xc = centred(x, n, d);
        double[] w = inverse(lower, d);
        // Y = Xc W^T: dXc = dY W, dW = dY^T Xc; W = L^-1: dL = -W^T dW W^T
        double[] dw = product(transpose(dy, n, d), xc, d, n, d);
        double[] wt = transpose(w, d, d);
        double[] dl = product(product(wt, dw, d, d, d), wt, d, d, d);
        // dS = W^T Phi(L^T dL) W, symmetric part; Phi keeps the lower triangle and halves the diagonal
        double[] phi = product(transpose(lower, d, d), dl, d, d, d);
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                phi[i * d + j] *= j < i ? -1 : j == i ? -0.5 : 0;
            }
        }
        double[] ds = product(product(wt, phi, d, d, d), w, d, d, d);
        double[] dxc = product(dy, w, n, d, d);
        double scale = (1 - eps) / (n - 1);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                double sum = 0;
                for (int k = 0; k < d; k++) {
                    sum += xc[i * d + k] * (ds[k * d + j] + ds[j * d + k]);
                }
                dxc[i * d + j] += scale * sum;
            }
        }
        return centred(dxc, n, d);
    }

    /** Lower Cholesky factor (d x d) of the shrunk unbiased covariance. NaN where the covariance is not positive definite. */
    public static double[] factor(double[] x, int n, int d, double eps) {
        double[] xc = centred(x, n, d);
        double[] lower = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j <= i; j++) {
                double covariance = 0;
                for (int r = 0; r < n; r++) {
                    covariance += xc[r * d + i] * xc[r * d + j];
                }
                double sum = (1 - eps) * covariance / (n - 1) + (i == j ? eps : 0);
                for (int k = 0; k < j; k++) {
                    sum -= lower[i * d + k] * lower[j * d + k];
                }
                lower[i * d + j] = i == j ? Math.sqrt(sum) : sum / lower[j * d + j];
            }
        }
        return lower;
    }

    private static double[] centred(double[] x, int n, int d) {
        double[] xc = x.clone();
        for (int j = 0; j < d; j++) {
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean += x[i * d + j] / n;
            }
            for (int i = 0; i < n; i++) {
                xc[i * d + j] -= mean;
            }
        }
        return xc;
    }

    private static double[] inverse(double[] lower, int d) {
        double[] w = new double[d * d];
        for (int column = 0; column < d; column++) {
            for (int i = column; i < d; i++) {
                double sum = i == column ? 1 : 0;
                for (int k = column; k < i; k++) {
                    sum -= lower[i * d + k] * w[k * d + column];
                }
                w[i * d + column] = sum / lower[i * d + i];
            }
        }
        return w;
    }

    private static double[] product(double[] a, double[] b, int rows, int inner, int columns) {
        double[] c = new double[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < inner; k++) {
                for (int j = 0; j < columns; j++) {
                    c[i * columns + j] += a[i * inner + k] * b[k * columns + j];
                }
            }
        }
        return c;
    }

    private static double[] transpose(double[] a, int rows, int columns) {
        double[] t = new double[rows * columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                t[j * rows + i] = a[i * columns + j];
            }
        }
        return t;
    }
}
