package io.gramian.models.collapse;

import io.gramian.spectrum.Spectrum;
import java.util.Arrays;
import java.util.List;

/**
 * What one training on images gave.
 *
 * @param variant where the loss was attached
 * @param steps numbers of the steps after which spectra were taken; the first is 0
 * @param representation for each of these, eigenvalues of the covariance of the unit representations of test images, descending
 * @param embedding the same of what the loss sees
 * @param losses of every step
 * @param knn accuracy of weighted cosine neighbours on the representation, in [0, 1]
 * @param linear accuracy of a linear probe on the representation, in [0, 1]
 */
public record ImageRun(
        Variant variant,
        long[] steps,
        List<double[]> representation,
        List<double[]> embedding,
        double[] losses,
        double knn,
        double linear) {
    /** Spectrum of the representation at the end. */
    public double[] finalRepresentation() {
        return representation.get(representation.size() - 1);
    }

    /** Spectrum at the end of what the loss sees. */
    public double[] finalEmbedding() {
        return embedding.get(embedding.size() - 1);
    }

    /** Effective rank of rows whose covariance has these eigenvalues. */
    public static double effectiveRank(double[] eigenvalues) {
        return Spectrum.ofValues(Arrays.stream(eigenvalues).map(Math::sqrt).toArray())
                .effectiveRank();
    }
}
