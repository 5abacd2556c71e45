package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;

/** Singular values and column spreads of embeddings, computed in float64 on the smaller Gram matrix. */
public final class Spectra {
    private final Stream stream;

    Spectra(Stream stream) {
        this.stream = stream;
    }

    /**
     * Singular values, descending, of {@code z} after the rows are divided by their norms and then the columns are
     * centred, each if asked for. Relative error at most 1e-4 down to 1e-6 of the largest. Time O(n d min(n, d)), memory
     * 8 min(n, d)^2 bytes.
     *
     * @param z float32 (n, d), not modified; NaN or infinite entries give NaN values
     * @param normalizeRows whether rows are divided by max(norm, 1e-12)
     * @param center whether column means are subtracted
     * @return min(n, d) values
     */
    public double[] singularValues(Tensor z, boolean normalizeRows, boolean center) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        try (Tensor values = Tensor.empty(z.device(), DType.FLOAT64, Math.min(n, d))) {
            stream.run((kernels, context) -> kernels.gramian_singular_values(
                    context, n, d, z.address(), normalizeRows ? 1 : 0, center ? 1 : 0, values.address()));
            return values.toDoubles();
        }
    }

    /**
     * Unbiased standard deviation of each column, of unit rows if asked for; zeros for fewer than two rows.
     *
     * @param z float32 (n, d), not modified
     * @param normalizeRows whether rows are divided by max(norm, 1e-12)
     * @return d values
     */
    public double[] columnDeviations(Tensor z, boolean normalizeRows) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        try (Tensor deviations = Tensor.empty(z.device(), DType.FLOAT64, d)) {
            stream.run((kernels, context) -> kernels.gramian_column_deviations(
                    context, n, d, z.address(), normalizeRows ? 1 : 0, deviations.address()));
            return deviations.toDoubles();
        }
    }
}
