package io.gramian.reference;

/** Multinomial logistic regression {@code loss = -mean_i log softmax(x_i W + b)[label_i]} in float64. */
public final class SoftmaxRegressionReference {
    private SoftmaxRegressionReference() {}

    /**
     * Loss and gradients.
     *
     * @param loss mean cross-entropy in nats
     * @param dw gradient of the weights (d x c)
     * @param db gradient of the bias (c)
     */
    public record Result(double loss, double[] dw, double[] db) {}

    /** Loss and gradients at weights w (d x c) and bias b (c) for rows x (n x d). */
    public static Result at(double[] x, int[] labels, double[] w, double[] b, int n, int d, int c) {
        double loss = 0;
        double[] dw = new double[d * c];
        double[] db = new double[c];
        for (int i = 0; i < n; i++) {
            double[] logits = logits(x, w, b, i, d, c);
            double normaliser = logSumExp(logits);
            loss += (normaliser - logits[labels[i]]) / n;
            for (int j = 0; j < c; j++) {
                double error = (Math.exp(logits[j] - normaliser) - (j == labels[i] ? 1 : 0)) / n;
                db[j] += error;
                for (int e = 0; e < d; e++) {
                    dw[e * c + j] += x[i * d + e] * error;
                }
            }
        }
        return new Result(loss, dw, db);
    }

    private static double[] logits(double[] x, double[] w, double[] b, int i, int d, int c) {
        double[] logits = b.clone();
        for (int j = 0; j < c; j++) {
            for (int e = 0; e < d; e++) {
                logits[j] += x[i * d + e] * w[e * c + j];
            }
        }
        return logits;
    }

    private static double logSumExp(double[] values) {
        double most = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            most = Math.max(most, value);
        }
        double sum = 0;
        for (double value : values) {
            sum += Math.exp(value - most);
        }
        return most + Math.log(sum);
    }
}
