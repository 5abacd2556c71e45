package io.gramian.reference;

/** DCL and DCLW of two views in float64, in lightly's form and in that of raminnakhli's code. */
public final class DclReference {
    private DclReference() {}

    /**
     * The loss of za and zb (n x d, row-major) and its gradients.
     *
     * @param sigma divisor inside the weights; 0 for DCL
     * @param authors rows as they are, anchors of the first view only, gradients through the weights
     */
    public static LossAndGradients valueAndGradients(
            double[] za, double[] zb, int n, int d, double temperature, double sigma, boolean authors) {
        double[] z = RowProducts.stacked(new double[][] {za, zb});
        double[] u = authors ? z : RowProducts.unit(z, 2 * n, d);
        int rows = 2 * n;
        int anchors = authors ? n : rows;
        double[] s = RowProducts.products(u, rows, u, rows, d);
        double[] softmax = new double[n];
        double[] weight = weights(s, n, sigma, softmax);
        double[] ds = new double[rows * rows];
        double loss = 0;
        for (int i = 0; i < anchors; i++) {
            int p = (i + n) % rows;
            double[] line = new double[rows];
            for (int j = 0; j < rows; j++) {
                line[j] = j % n == i % n ? Double.NEGATIVE_INFINITY : s[i * rows + j] / temperature;
            }
            double negatives = RowProducts.logSumExp(line);
            double w = weight[i % n];
            loss += (negatives - w * s[i * rows + p] / temperature) / anchors;
            for (int j = 0; j < rows; j++) {
                ds[i * rows + j] += Math.exp(line[j] - negatives) / (anchors * temperature);
            }
            ds[i * rows + p] -= w / (anchors * temperature);
        }
        if (authors && sigma > 0) {
            addWeightGradients(s, n, temperature, sigma, softmax, ds);
        }
        double[] du = new double[rows * d];
        RowProducts.addGradients(ds, u, rows, u, rows, d, du, du);
        double[] dz = authors ? du : RowProducts.unitGradient(z, du, rows, d);
        return new LossAndGradients(loss, RowProducts.split(dz, 2));
    }

    /** 2 - n softmax over images of the positives' similarity, or 1. */
    private static double[] weights(double[] s, int n, double sigma, double[] softmax) {
        double[] weight = new double[n];
        double[] scaled = new double[n];
        for (int i = 0; i < n; i++) {
            scaled[i] = sigma > 0 ? s[i * 2 * n + i + n] / sigma : 0;
        }
        double sum = RowProducts.logSumExp(scaled);
        for (int i = 0; i < n; i++) {
            softmax[i] = Math.exp(scaled[i] - sum);
            weight[i] = sigma > 0 ? 2 - n * softmax[i] : 1;
        }
        return weight;
    }

    /** d/ds_i of -1/n sum_k w_k s_k / T, through w only: dw_k/ds_i = -n q_k (delta_ki - q_i) / sigma. */
    private static void addWeightGradients(
            double[] s, int n, double temperature, double sigma, double[] softmax, double[] ds) {
        int rows = 2 * n;
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                double dw = -n * softmax[k] * ((k == i ? 1 : 0) - softmax[i]) / sigma;
                ds[i * rows + i + n] -= dw * s[k * rows + k + n] / (n * temperature);
            }
        }
    }
}
