package io.gramian.reference;

/**
 * NT-Xent of several views in float64 with all positives inside the logarithm, as solo-learn's {@code simclr_loss_func}:
 * exponentials of all similarities, positives over positives plus negatives, minus the mean logarithm.
 */
public final class MultiViewNtXentReference {
    private MultiViewNtXentReference() {}

    /** The loss of the views (n x d each, row-major) and its gradients. */
    public static LossAndGradients valueAndGradients(double[][] views, int n, int d, double temperature) {
        int rows = views.length * n;
        double[] z = RowProducts.stacked(views);
        double[] u = RowProducts.unit(z, rows, d);
        double[] s = RowProducts.products(u, rows, u, rows, d);
        double[] ds = new double[rows * rows];
        double loss = 0;
        for (int i = 0; i < rows; i++) {
            double[] all = new double[rows];
            double[] positives = new double[rows];
            for (int j = 0; j < rows; j++) {
                all[j] = j == i ? Double.NEGATIVE_INFINITY : s[i * rows + j] / temperature;
                positives[j] = j % n == i % n ? all[j] : Double.NEGATIVE_INFINITY;
            }
            double total = RowProducts.logSumExp(all);
            double positive = RowProducts.logSumExp(positives);
            loss += (total - positive) / rows;
            for (int j = 0; j < rows; j++) {
                ds[i * rows + j] =
                        (Math.exp(all[j] - total) - Math.exp(positives[j] - positive)) / (rows * temperature);
            }
        }
        double[] du = new double[rows * d];
        RowProducts.addGradients(ds, u, rows, u, rows, d, du, du);
        return new LossAndGradients(loss, RowProducts.split(RowProducts.unitGradient(z, du, rows, d), views.length));
    }
}
