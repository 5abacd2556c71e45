package io.gramian.models.train;

import io.gramian.Tensor;
import io.gramian.backend.Deferred;
import io.gramian.spectrum.Spectrum;
import java.util.Arrays;

/**
 * What the probe measured after a step.
 *
 * @param embedding of the embeddings, behind the projector
 * @param representation of the backbone's features
 * @param sliceCondition largest condition number of the covariance of a whitened slice; NaN if the loss whitens none, or the
 *     slice is singular
 * @param whitens whether the loss whitens slices
 * @param seconds that the measurement took
 */
record SpectrumReading(Part embedding, Part representation, double sliceCondition, boolean whitens, double seconds) {
    /**
     * Measures of one matrix (n, d).
     *
     * @param spectrum singular values of the matrix as it is
     * @param deviations standard deviation of each column of the unit rows, ascending; healthy: about 1 / sqrt(d)
     */
    record Part(Spectrum spectrum, double[] deviations) {
        /** Of a matrix, whose scope stays open until the numbers are fetched. */
        static Deferred<Part> of(Tensor z) {
            return Deferred.of(z.device(), () -> {
                double[] deviations = Spectrum.unitRowDeviations(z);
                Arrays.sort(deviations);
                return new Part(Spectrum.of(z), deviations);
            });
        }

        /** Root mean square distance of the unit rows from their mean: 0 when all are one, at most about 1. */
        double spread() {
            return Math.sqrt(Arrays.stream(deviations).map(each -> each * each).sum());
        }

        double meanDeviation() {
            return Arrays.stream(deviations).average().orElse(Double.NaN);
        }

        /** The deviation that a share of the columns, from 0 to 1, are at or below. */
        double quantile(double share) {
            return deviations.length == 0 ? Double.NaN : deviations[(int) Math.round(share * (deviations.length - 1))];
        }
    }
}
