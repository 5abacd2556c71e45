package io.gramian.spectrum;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Locale;

/**
 * What a batch of embeddings, of whatever trainer, says about collapse: spectrum, effective rank, RankMe, the standard
 * deviation of every dimension, and a verdict with what to try.
 *
 * <p>The spectrum is that of the matrix as it is, not centred, so that embeddings that are all one vector have rank 1.
 * Deviations are those of rows divided by their norms: about {@code 1 / sqrt(d)} in healthy embeddings, 0 in collapsed ones.
 * Time O(n d min(n, d)), memory 8 min(n, d)^2 bytes. NaN among the embeddings gives NaN numbers
 * and the verdict {@link CollapseVerdict.Kind#UNKNOWN}; no rows, or no columns, likewise.
 *
 * <p>Sources: Roy and Vetterli 2007 (effective rank); Garrido et al. 2023, arXiv 2210.02885, equation 3 (RankMe); Jing et al.
 * 2022, arXiv 2110.09348 (spectra); Chen and He 2021, arXiv 2011.10566, figure 2 (deviations).
 */
public final class Diagnosis {
    private final Spectrum spectrum;
    private final double[] deviations;
    private final CollapseVerdict verdict;

    private Diagnosis(Spectrum spectrum, double[] deviations) {
        this.spectrum = spectrum;
        this.deviations = deviations;
        this.verdict = CollapseVerdict.of(spectrum.singularValues());
    }

    /**
     * Of a tensor.
     *
     * @param z embeddings, float32 (n, d); not modified
     * @throws IllegalArgumentException if z is no float32 matrix
     */
    public static Diagnosis of(Tensor z) {
        Check.matrix("z", z);
        return new Diagnosis(Spectrum.of(z), Spectrum.unitRowDeviations(z));
    }

    /**
     * Of memory of another library: row-major, contiguous float32.
     *
     * @param device that holds the memory
     * @param address of the first element, which must stay valid until this returns
     * @param n rows
     * @param d columns
     * @throws IllegalArgumentException if the address is null or no multiple of 4
     */
    public static Diagnosis of(Device device, long address, long n, long d) {
        try (Tensor z = Tensor.wrap(device, address, DType.FLOAT32, n, d)) {
            return of(z);
        }
    }

    /**
     * Of a direct buffer, from its position on.
     *
     * @param n rows
     * @param d columns
     * @throws IllegalArgumentException unless the buffer is direct, in the machine's byte order and long enough
     */
    public static Diagnosis of(FloatBuffer z, long n, long d) {
        try (Tensor wrapped = Tensor.wrap(z, n, d)) {
            return of(wrapped);
        }
    }

    /**
     * Of an array, which is copied.
     *
     * @param n rows
     * @param d columns
     * @throws IllegalArgumentException unless the array has n x d elements
     */
    public static Diagnosis of(float[] z, long n, long d) {
        try (Tensor copy = Tensor.of(Device.cpu(), z, n, d)) {
            return of(copy);
        }
    }

    /** Singular values of the embeddings. */
    public Spectrum spectrum() {
        return spectrum;
    }

    /** {@link Spectrum#effectiveRank()}: between 1 and min(n, d). */
    public double effectiveRank() {
        return spectrum.effectiveRank();
    }

    /** {@link Spectrum#rankMe()}. */
    public double rankMe() {
        return spectrum.rankMe();
    }

    /** Unbiased standard deviation of each dimension of the unit rows, d values; a copy. */
    public double[] deviations() {
        return deviations.clone();
    }

    /** Mean of {@link #deviations}; NaN without dimensions. */
    public double meanDeviation() {
        return Arrays.stream(deviations).average().orElse(Double.NaN);
    }

    /** Whether the embeddings collapsed, by name, and what to try. */
    public CollapseVerdict verdict() {
        return verdict;
    }

    /** Whether a user should be told: {@link CollapseVerdict#warns()}. */
    public boolean warns() {
        return verdict.warns();
    }

    /** For a log, in one line: the name of the verdict, what was found, and what to try. */
    public String warning() {
        return verdict.kind().title() + ": " + verdict.explanation() + " " + verdict.advice();
    }

    /** For a log, as in {@code effective rank 12.3 of 64, RankMe 12.3, std 0.1180 (even: 0.1250), Healthy}. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "effective rank %.1f of %d, RankMe %.1f, std %.4f (even: %.4f), %s",
                effectiveRank(),
                verdict.dimensions(),
                rankMe(),
                meanDeviation(),
                1 / Math.sqrt(deviations.length),
                verdict.kind().title());
    }
}
