package io.gramian.reference;

/** Layer normalisation of the rows of (rows, d) in float64: {@code y = gamma (x - mean) / sqrt(variance + eps) + beta}. */
public final class LayerNormReference {
    private final int rows;
    private final int d;
    private final double eps;

    /** For these sizes. */
    public LayerNormReference(int rows, int d, double eps) {
        this.rows = rows;
        this.d = d;
        this.eps = eps;
    }

    /** Mean of each row. */
    public double[] mean(double[] x) {
        double[] mean = new double[rows];
        for (int i = 0; i < rows * d; i++) {
            mean[i / d] += x[i] / d;
        }
        return mean;
    }

    /** {@code 1 / sqrt(biased variance + eps)} of each row. */
    public double[] rstd(double[] x) {
        double[] mean = mean(x);
        double[] rstd = new double[rows];
        for (int i = 0; i < rows * d; i++) {
            rstd[i / d] += Math.pow(x[i] - mean[i / d], 2) / d;
        }
        for (int i = 0; i < rows; i++) {
            rstd[i] = 1 / Math.sqrt(rstd[i] + eps);
        }
        return rstd;
    }

    /** The normalised rows, before gamma and beta. */
    public double[] normalized(double[] x) {
        double[] mean = mean(x);
        double[] rstd = rstd(x);
        double[] normalized = new double[rows * d];
        for (int i = 0; i < normalized.length; i++) {
            normalized[i] = (x[i] - mean[i / d]) * rstd[i / d];
        }
        return normalized;
    }

    /** Output. */
    public double[] value(double[] x, double[] gamma, double[] beta) {
        double[] y = normalized(x);
        for (int i = 0; i < y.length; i++) {
            y[i] = gamma[i % d] * y[i] + beta[i % d];
        }
        return y;
    }

    /** Gradient of x from that of the output. */
    public double[] dx(double[] x, double[] gamma, double[] dy) {
        double[] normalized = normalized(x);
        double[] rstd = rstd(x);
        double[] dx = new double[rows * d];
        for (int i = 0; i < rows; i++) {
            double sum = 0;
            double along = 0;
            for (int j = 0; j < d; j++) {
                double g = gamma[j] * dy[i * d + j];
                sum += g;
                along += g * normalized[i * d + j];
            }
            for (int j = 0; j < d; j++) {
                int at = i * d + j;
                dx[at] = rstd[i] * (gamma[j] * dy[at] - sum / d - normalized[at] * along / d);
            }
        }
        return dx;
    }

    /** Gradient of gamma. */
    public double[] dgamma(double[] x, double[] dy) {
        double[] normalized = normalized(x);
        double[] dgamma = new double[d];
        for (int i = 0; i < rows * d; i++) {
            dgamma[i % d] += dy[i] * normalized[i];
        }
        return dgamma;
    }

    /** Gradient of beta. */
    public double[] dbeta(double[] dy) {
        double[] dbeta = new double[d];
        for (int i = 0; i < rows * d; i++) {
            dbeta[i % d] += dy[i];
        }
        return dbeta;
    }
}
