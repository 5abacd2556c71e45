package io.gramian.backend;

import io.gramian.DType;
import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.util.Arrays;
import java.util.stream.IntStream;

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
     * @throws GramianException if they did not converge; inside a {@link Deferred} body they are NaN
     */
    public double[] singularValues(Tensor z, boolean normalizeRows, boolean center) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        try (Tensor values = Tensor.empty(z.device(), DType.FLOAT64, 1, Math.min(n, d))) {
            stream.run((kernels, context) -> kernels.gramian_singular_values(
                    context, n, d, z.address(), normalizeRows ? 1 : 0, center ? 1 : 0, values.address()));
            return converged(z, values)[0];
        }
    }

    /**
     * {@link #singularValues} of every slice of a batch.
     *
     * @param z float32 (batch, n, d), not modified
     * @param normalizeRows whether rows are divided by max(norm, 1e-12)
     * @param center whether column means of each slice are subtracted
     * @return batch x min(n, d) values, each row descending
     * @throws GramianException if those of a slice did not converge
     */
    public double[][] singularValuesOfBatch(Tensor z, boolean normalizeRows, boolean center) {
        checkSlices("z", z);
        long batch = z.shape().size(0);
        long n = z.shape().size(1);
        long d = z.shape().size(2);
        try (Tensor values = Tensor.empty(z.device(), DType.FLOAT64, batch, Math.min(n, d))) {
            stream.run((kernels, context) -> kernels.gramian_singular_values_batch(
                    context, batch, n, d, z.address(), normalizeRows ? 1 : 0, center ? 1 : 0, values.address()));
            return converged(z, values);
        }
    }

    /**
     * Eigenvalues, descending, of every symmetric matrix of a batch; the lower triangles are read. Computed in float64:
     * absolute error about 1e-15 d of the largest magnitude. Time O(batch d^3).
     *
     * @param s float32 (batch, d, d), not modified; NaN or infinite entries give NaN values for their matrix
     * @return batch x d values
     * @throws GramianException if those of a matrix did not converge
     */
    public double[][] eigenvalues(Tensor s) {
        checkSlices("s", s);
        long batch = s.shape().size(0);
        long d = s.shape().size(1);
        Check.shape("s", s, batch, d, d);
        try (Tensor values = Tensor.empty(s.device(), DType.FLOAT64, batch, d)) {
            stream.run((kernels, context) ->
                    kernels.gramian_eigenvalues(context, batch, d, s.address(), values.address()));
            return converged(s, values);
        }
    }

    /**
     * Trace and squared Frobenius norm of the Gram matrix of {@code z}, prepared as for {@link #singularValues}: sums of its
     * eigenvalues and of their squares, at the price of one float32 matrix product. Relative error about 1e-6.
     *
     * @param z float32 (n, d), not modified
     * @param normalizeRows whether rows are divided by max(norm, 1e-12)
     * @param center whether column means are subtracted
     * @param onSamples whether to visit the n x n Gram instead of the d x d one
     * @return trace and squared norm; zeros when empty, NaN for NaN
     */
    public double[] gramNorms(Tensor z, boolean normalizeRows, boolean center, boolean onSamples) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        int side = onSamples ? Kernels.GRAMIAN_GRAM_SAMPLES : Kernels.GRAMIAN_GRAM_FEATURES;
        try (Tensor norms = Tensor.empty(z.device(), DType.FLOAT64, 2)) {
            stream.run((kernels, context) -> kernels.gramian_gram_norms(
                    context, n, d, z.address(), normalizeRows ? 1 : 0, center ? 1 : 0, side, norms.address()));
            return norms.toDoubles();
        }
    }

    private static void checkSlices(String name, Tensor z) {
        Check.dtype(name, z, DType.FLOAT32);
        if (z.shape().rank() != 3) {
            throw new IllegalArgumentException(name + ": expected a batch (batch, n, d), got shape " + z.shape());
        }
    }

    /** The rows of values (batch, m) of the slices of z. A solver that gave up left NaN for numbers. */
    private static double[][] converged(Tensor z, Tensor values) {
        double[] all = values.toDoubles();
        double[][] rows = new double[Math.toIntExact(values.shape().size(0))][];
        int width = Math.toIntExact(values.shape().size(1));
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(all, i * width, (i + 1) * width);
            // whoever does not wait gets the NaN: there is nothing to ask before the numbers are here
            if (width > 0 && Double.isNaN(rows[i][0]) && !Deferred.isActive() && allNumbers(z, i, rows.length)) {
                throw new GramianException("eigenvalues of matrix " + i + " of " + rows.length + ", of order " + width
                        + ", did not converge, though all values are numbers; compute them on Device.cpu()");
            }
        }
        return rows;
    }

    /** Whether slice i of so many is finite; read only where a result is NaN. */
    private static boolean allNumbers(Tensor z, int i, int slices) {
        float[] all = z.toFloats();
        int size = all.length / slices;
        return IntStream.range(i * size, (i + 1) * size).allMatch(k -> Float.isFinite(all[k]));
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
