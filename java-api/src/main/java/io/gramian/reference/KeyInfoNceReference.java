package io.gramian.reference;

/** InfoNCE of queries against keys without gradient in float64: MoCo's queue and MoCo v3's batch. */
public final class KeyInfoNceReference {
    private KeyInfoNceReference() {}

    /**
     * The mean loss of the queries (n x d) and their gradient.
     *
     * @param keys (m x d), normalised inside; the positive of query i is row match[i]
     * @param queue negatives (length x d), as they are
     */
    public static LossAndGradients queue(
            double[] queries, double[] keys, int[] match, double[] queue, int d, double temperature) {
        int n = match.length;
        double[] q = RowProducts.unit(queries, n, d);
        double[] k = RowProducts.unit(keys, keys.length / Math.max(d, 1), d);
        int length = queue.length / Math.max(d, 1);
        double[] dq = new double[n * d];
        double loss = 0;
        for (int i = 0; i < n; i++) {
            double[] logits = new double[length + 1];
            logits[0] = RowProducts.dot(q, i, k, match[i], d) / temperature;
            for (int j = 0; j < length; j++) {
                logits[j + 1] = RowProducts.dot(q, i, queue, j, d) / temperature;
            }
            double sum = RowProducts.logSumExp(logits);
            loss += (sum - logits[0]) / n;
            for (int j = 0; j <= length; j++) {
                double p = (Math.exp(logits[j] - sum) - (j == 0 ? 1 : 0)) / (n * temperature);
                for (int c = 0; c < d; c++) {
                    dq[i * d + c] += p * (j == 0 ? k[match[i] * d + c] : queue[(j - 1) * d + c]);
                }
            }
        }
        return new LossAndGradients(loss, new double[][] {RowProducts.unitGradient(queries, dq, n, d)});
    }

    /** One direction of MoCo v3: 2 T times the cross entropy of each query with its key among all keys (n x d). */
    public static LossAndGradients mocoV3(double[] queries, double[] keys, int n, int d, double temperature) {
        LossAndGradients oneWay = InfoNceReference.valueAndGradients(queries, keys, n, d, temperature, true, false);
        double[] dq = oneWay.gradients()[0].clone();
        for (int i = 0; i < dq.length; i++) {
            dq[i] *= 2 * temperature;
        }
        return new LossAndGradients(2 * temperature * oneWay.loss(), new double[][] {dq});
    }
}
