package io.gramian.models.collapse;

import java.util.List;

/**
 * What a run on Gaussian points recorded. Index i of each list belongs to {@code steps[i]}.
 *
 * @param steps numbers of the steps after which it was measured; the first is 0
 * @param loss loss of the batch at that step
 * @param weights singular values of the weights, descending: for each layer, one array a measurement
 * @param embedding eigenvalues of the covariance of the embeddings of clean points, descending
 * @param alignment for two layers {@code |V_2^T U_1|}, (d, d) row-major; otherwise empty
 */
public record ToyHistory(
        long[] steps, double[] loss, List<List<double[]>> weights, List<double[]> embedding, List<double[]> alignment) {
    /** Singular values of a layer's weight, from 1, at the end. */
    public double[] finalWeight(int layer) {
        List<double[]> values = weights.get(layer - 1);
        return values.get(values.size() - 1);
    }

    /** Eigenvalues of the covariance of the embeddings at the end. */
    public double[] finalEmbedding() {
        return embedding.get(embedding.size() - 1);
    }

    /** The last alignment. */
    public double[] finalAlignment() {
        return alignment.get(alignment.size() - 1);
    }

    /**
     * How much of the space of the first so many left vectors of layer 1 lies in that of the first right vectors of layer 2:
     * {@code |A_11|_F^2 / count}, 1 where they span the same. Also where equal singular values leave single vectors undefined.
     */
    public static double overlap(double[] alignment, int count) {
        int d = (int) Math.round(Math.sqrt(alignment.length));
        double sum = 0;
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < count; j++) {
                sum += alignment[i * d + j] * alignment[i * d + j];
            }
        }
        return sum / count;
    }

    /** How many values are above a thousandth of the first. */
    public static int alive(double[] descending) {
        int count = 0;
        while (count < descending.length && descending[count] > 1e-3 * descending[0]) {
            count++;
        }
        return count;
    }

    /** Mean of the diagonal of an alignment matrix over its first so many entries: 1 for aligned layers. */
    public static double diagonal(double[] alignment, int count) {
        int d = (int) Math.round(Math.sqrt(alignment.length));
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += alignment[i * d + i];
        }
        return sum / count;
    }
}
