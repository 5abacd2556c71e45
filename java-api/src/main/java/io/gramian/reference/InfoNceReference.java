package io.gramian.reference;

/**
 * InfoNCE between paired rows in float64: the whole matrix of logits, cross entropy of its rows with the diagonal, and of
 * its columns when symmetric.
 */
public final class InfoNceReference {
    private InfoNceReference() {}

    /** The loss of x and y (n x d, row-major) and its gradients. */
    public static LossAndGradients valueAndGradients(
            double[] x, double[] y, int n, int d, double temperature, boolean normalized, boolean symmetric) {
        double[] u = normalized ? RowProducts.unit(x, n, d) : x;
        double[] v = normalized ? RowProducts.unit(y, n, d) : y;
        double[] logits = logits(u, v, n, d, temperature);
        double[] dLogits = new double[n * n];
        double loss = crossEntropy(logits, n, symmetric, dLogits);
        double[] du = new double[n * d];
        double[] dv = new double[n * d];
        for (int k = 0; k < n * n; k++) {
            dLogits[k] /= temperature;
        }
        RowProducts.addGradients(dLogits, u, n, v, n, d, du, dv);
        return new LossAndGradients(loss, new double[][] {
            normalized ? RowProducts.unitGradient(x, du, n, d) : du,
            normalized ? RowProducts.unitGradient(y, dv, n, d) : dv
        });
    }

    /** The derivative of the loss with respect to log(1 / temperature): logits times their derivatives, summed. */
    public static double logScaleGradient(
            double[] x, double[] y, int n, int d, double temperature, boolean normalized, boolean symmetric) {
        double[] u = normalized ? RowProducts.unit(x, n, d) : x;
        double[] v = normalized ? RowProducts.unit(y, n, d) : y;
        double[] logits = logits(u, v, n, d, temperature);
        double[] dLogits = new double[n * n];
        crossEntropy(logits, n, symmetric, dLogits);
        double sum = 0;
        for (int k = 0; k < n * n; k++) {
            sum += dLogits[k] * logits[k];
        }
        return sum;
    }

    private static double[] logits(double[] u, double[] v, int n, int d, double temperature) {
        double[] logits = RowProducts.products(u, n, v, n, d);
        for (int k = 0; k < n * n; k++) {
            logits[k] /= temperature;
        }
        return logits;
    }

    private static double crossEntropy(double[] logits, int n, boolean symmetric, double[] dLogits) {
        double loss = 0;
        double weight = (symmetric ? 0.5 : 1) / n;
        for (int side = 0; side < (symmetric ? 2 : 1); side++) {
            int step = side == 0 ? 1 : n;
            int skip = side == 0 ? n : 1;
            for (int i = 0; i < n; i++) {
                double[] line = new double[n];
                for (int j = 0; j < n; j++) {
                    line[j] = logits[i * skip + j * step];
                }
                double sum = RowProducts.logSumExp(line);
                loss += weight * (sum - line[i]);
                for (int j = 0; j < n; j++) {
                    dLogits[i * skip + j * step] += weight * (Math.exp(line[j] - sum) - (j == i ? 1 : 0));
                }
            }
        }
        return loss;
    }
}
