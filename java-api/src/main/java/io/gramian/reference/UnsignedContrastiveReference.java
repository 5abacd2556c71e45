package io.gramian.reference;

/** SimCLR-sq, SimCLR-abs, DCL-sq and DCL-abs of two views in float64. */
public final class UnsignedContrastiveReference {
    private UnsignedContrastiveReference() {}

    /**
     * The settings.
     *
     * @param square square of the cosine; otherwise its magnitude
     * @param decoupled the positive is no part of the denominator
     * @param replaced the attractive term uses the similarity, not the cosine
     */
    public record Settings(double temperature, boolean square, boolean decoupled, boolean replaced) {}

    /** The loss of za and zb (n x d, row-major) and its gradients. */
    public static LossAndGradients valueAndGradients(double[] za, double[] zb, int n, int d, Settings settings) {
        double[] z = RowProducts.stacked(new double[][] {za, zb});
        int rows = 2 * n;
        double[] u = RowProducts.unit(z, rows, d);
        double[] s = RowProducts.products(u, rows, u, rows, d);
        double[] ds = new double[rows * rows];
        double temperature = settings.temperature();
        double scale = 1 / (rows * temperature);
        double loss = 0;
        for (int i = 0; i < rows; i++) {
            int p = (i + n) % rows;
            double[] line = new double[rows];
            for (int j = 0; j < rows; j++) {
                boolean out = j == i || (settings.decoupled() && j == p);
                line[j] = out ? Double.NEGATIVE_INFINITY : similarity(s[i * rows + j], settings) / temperature;
            }
            double sum = RowProducts.logSumExp(line);
            double cosine = s[i * rows + p];
            double attraction = settings.replaced() ? similarity(cosine, settings) : cosine;
            loss += (sum - attraction / temperature) / rows;
            for (int j = 0; j < rows; j++) {
                ds[i * rows + j] += scale * Math.exp(line[j] - sum) * slope(s[i * rows + j], settings);
            }
            ds[i * rows + p] -= scale * (settings.replaced() ? slope(cosine, settings) : 1);
        }
        double[] du = new double[rows * d];
        RowProducts.addGradients(ds, u, rows, u, rows, d, du, du);
        return new LossAndGradients(loss, RowProducts.split(RowProducts.unitGradient(z, du, rows, d), 2));
    }

    private static double similarity(double s, Settings settings) {
        return settings.square() ? s * s : Math.abs(s);
    }

    private static double slope(double s, Settings settings) {
        return settings.square() ? 2 * s : Math.signum(s);
    }
}
