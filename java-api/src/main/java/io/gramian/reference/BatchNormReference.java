package io.gramian.reference;

/**
 * Batch normalisation of (rows, c) with residual and ReLU in float64: {@code y = relu(gamma (x - mean) rstd + beta +
 * r)}.
 */
public final class BatchNormReference {
    private final int rows;
    private final int c;
    private final double eps;
    private final boolean relu;

    /** For these sizes. */
    public BatchNormReference(int rows, int c, double eps, boolean relu) {
        this.rows = rows;
        this.c = c;
        this.eps = eps;
        this.relu = relu;
    }

    /** Mean of each column. */
    public double[] mean(double[] x) {
        double[] mean = new double[c];
        for (int i = 0; i < rows * c; i++) {
            mean[i % c] += x[i] / rows;
        }
        return mean;
    }

    /** Biased variance of each column. */
    public double[] variance(double[] x) {
        double[] mean = mean(x);
        double[] variance = new double[c];
        for (int i = 0; i < rows * c; i++) {
            variance[i % c] += (x[i] - mean[i % c]) * (x[i] - mean[i % c]) / rows;
        }
        return variance;
    }

    /** Output with these statistics. */
    public double[] value(
            double[] x, double[] gamma, double[] beta, double[] residual, double[] mean, double[] variance) {
        double[] y = new double[rows * c];
        for (int i = 0; i < y.length; i++) {
            int j = i % c;
            double value = gamma[j] * (x[i] - mean[j]) / Math.sqrt(variance[j] + eps) + beta[j] + residual[i];
            y[i] = relu ? Math.max(value, 0) : value;
        }
        return y;
    }

    /** Gradient behind the ReLU: that of the residual. */
    public double[] dresidual(double[] y, double[] dy) {
        double[] g = new double[rows * c];
        for (int i = 0; i < g.length; i++) {
            g[i] = relu && y[i] <= 0 ? 0 : dy[i];
        }
        return g;
    }

    /** Gradient of x through the batch statistics, from the gradient g behind the ReLU. */
    public double[] dx(double[] x, double[] gamma, double[] g) {
        double[] mean = mean(x);
        double[] variance = variance(x);
        double[] dbeta = dbeta(g);
        double[] dgamma = dgamma(x, g);
        double[] dx = new double[rows * c];
        for (int i = 0; i < dx.length; i++) {
            int j = i % c;
            double rstd = 1 / Math.sqrt(variance[j] + eps);
            double xhat = (x[i] - mean[j]) * rstd;
            dx[i] = gamma[j] * rstd * (g[i] - dbeta[j] / rows - xhat * dgamma[j] / rows);
        }
        return dx;
    }

    /** Gradient of gamma. */
    public double[] dgamma(double[] x, double[] g) {
        double[] mean = mean(x);
        double[] variance = variance(x);
        double[] dgamma = new double[c];
        for (int i = 0; i < rows * c; i++) {
            dgamma[i % c] += g[i] * (x[i] - mean[i % c]) / Math.sqrt(variance[i % c] + eps);
        }
        return dgamma;
    }

    /** Gradient of beta. */
    public double[] dbeta(double[] g) {
        double[] dbeta = new double[c];
        for (int i = 0; i < rows * c; i++) {
            dbeta[i % c] += g[i];
        }
        return dbeta;
    }
}
