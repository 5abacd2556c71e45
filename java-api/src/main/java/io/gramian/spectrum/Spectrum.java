package io.gramian.spectrum;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.loss.GramSide;
import java.util.Arrays;
import java.util.List;

/**
 * The singular values of a matrix of embeddings, and the numbers that tell whether the embedding collapsed.
 *
 * <p>An empty matrix has no values and ranks of 0; so has a matrix of zeros. NaN in the matrix gives NaN everywhere.
 */
public final class Spectrum {
    /** The eps of {@link #rankMe()}: what the authors use. */
    public static final double RANKME_EPS = 1e-7;

    private final double[] values;

    private Spectrum(double[] values) {
        this.values = values;
    }

    /**
     * Spectrum of the matrix as it is, not centred. Time O(n d min(n, d)); memory 8 min(n, d)^2 bytes.
     *
     * @param z embeddings, float32 (n, d)
     */
    public static Spectrum of(Tensor z) {
        return new Spectrum(z.device().backend().spectra().singularValues(z, false, false));
    }

    /**
     * Spectrum of the unbiased covariance of the columns: the values are standard deviations along the principal axes, d
     * of them, zeros included; {@link #squares} are the eigenvalues of the covariance. With {@code normalizeRows} it is the
     * collapse plot of DirectCLR (Jing et al. 2022, arXiv 2110.09348, {@code spectrum.py}). One row: zeros.
     *
     * @param z embeddings, float32 (n, d)
     * @param normalizeRows whether rows are divided by their norm before centring
     */
    public static Spectrum ofCovariance(Tensor z, boolean normalizeRows) {
        double[] centred = z.device().backend().spectra().singularValues(z, normalizeRows, true);
        long n = z.shape().size(0);
        double[] values = Arrays.copyOf(centred, Math.toIntExact(z.shape().size(1)));
        for (int k = 0; k < values.length; k++) {
            values[k] = n < 2 ? 0 * values[k] : values[k] / Math.sqrt(n - 1.0);
        }
        return new Spectrum(values);
    }

    /**
     * Spectra of the slices of a batch as they are, not centred: of the heads, layers or checkpoints of a model, say.
     *
     * @param z embeddings, float32 (batch, n, d)
     * @return one spectrum for each slice
     */
    public static List<Spectrum> ofBatch(Tensor z) {
        double[][] values = z.device().backend().spectra().singularValuesOfBatch(z, false, false);
        return Arrays.stream(values).map(Spectrum::new).toList();
    }

    /**
     * The participation ratio of the matrix as it is, {@code (tr K)^2 / |K|_F^2} with its Gram K, without a decomposition:
     * the number of {@link #of}, to six digits, at the price of one matrix product. Cheap enough for every step.
     *
     * @param z embeddings, float32 (n, d); empty or zero: 0
     */
    public static double participationRatio(Tensor z) {
        return ratio(z, false, false);
    }

    /**
     * The participation ratio of the covariance of the columns, as of {@link #ofCovariance}, without a decomposition.
     *
     * @param z embeddings, float32 (n, d); empty, one row or constant columns: 0
     * @param normalizeRows whether rows are divided by their norm before centring
     */
    public static double covarianceParticipationRatio(Tensor z, boolean normalizeRows) {
        return ratio(z, normalizeRows, true);
    }

    /**
     * The sum of the variances of all columns: the trace of the covariance, without a decomposition. For unit rows it is at
     * most {@code n / (n - 1)}, and 0 at complete collapse.
     *
     * @param z embeddings, float32 (n, d); fewer than two rows: 0
     * @param normalizeRows whether rows are divided by their norm before centring
     */
    public static double totalVariance(Tensor z, boolean normalizeRows) {
        double sum = 0;
        for (double deviation : z.device().backend().spectra().columnDeviations(z, normalizeRows)) {
            sum += deviation * deviation;
        }
        return sum;
    }

    private static double ratio(Tensor z, boolean normalizeRows, boolean center) {
        Check.matrix("z", z);
        boolean onSamples = GramSide.AUTO.onSamples(z.shape().size(0), z.shape().size(1));
        double[] norms = z.device().backend().spectra().gramNorms(z, normalizeRows, center, onSamples);
        return norms[0] == 0 ? 0 : norms[0] * norms[0] / norms[1];
    }

    /**
     * Spectrum with values that are known already.
     *
     * @param values singular values, at least 0, in any order; NaN is kept
     */
    public static Spectrum ofValues(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        for (int k = 0; k < sorted.length; k++) {
            double value = sorted[sorted.length - 1 - k];
            if (value < 0) {
                throw new IllegalArgumentException("singular values: expected at least 0, got " + value);
            }
        }
        double[] descending = new double[sorted.length];
        for (int k = 0; k < sorted.length; k++) {
            descending[k] = sorted[sorted.length - 1 - k];
        }
        return new Spectrum(descending);
    }

    /**
     * Unbiased standard deviation of each column of the L2-normalised rows. Healthy embeddings have about
     * {@code 1 / sqrt(d)} everywhere, collapsed ones 0 (Chen and He 2021, arXiv 2011.10566, figure 2).
     *
     * @param z embeddings, float32 (n, d)
     * @return d values; zeros for fewer than two rows
     */
    public static double[] unitRowDeviations(Tensor z) {
        return z.device().backend().spectra().columnDeviations(z, true);
    }

    /** The singular values, descending; a copy. */
    public double[] singularValues() {
        return values.clone();
    }

    /** Squares of the singular values, descending: eigenvalues of the Gram matrix or of the covariance. */
    public double[] squares() {
        return Arrays.stream(values).map(value -> value * value).toArray();
    }

    /** {@code exp(-sum p log p)}, {@code p = s / sum(s)} (Roy and Vetterli 2007): from 1 to the number of values. */
    public double effectiveRank() {
        return rank(0);
    }

    /** {@link #rankMe(double)} with eps 1e-7 (Garrido et al. 2023, arXiv 2210.02885, equation 3). */
    public double rankMe() {
        return rankMe(RANKME_EPS);
    }

    /**
     * {@code exp(-sum p log p)}, {@code p = s / sum(s) + eps}.
     *
     * @param eps at least 0; 1e-7 in the paper, 1e-5 in some libraries
     */
    public double rankMe(double eps) {
        Check.nonNegative("eps", eps);
        return rank(eps);
    }

    /** {@code |Z|_F^2 / |Z|_2^2}: sum of squares over the largest square. */
    public double stableRank() {
        double largest = values.length == 0 ? 0 : values[0];
        return largest == 0 ? 0 : sumOfPowers(2) / (largest * largest);
    }

    /** {@code (sum s^2)^2 / sum s^4}: how many equal eigenvalues would spread as these do. */
    public double participationRatio() {
        double squares = sumOfPowers(2);
        return squares == 0 ? 0 : squares * squares / sumOfPowers(4);
    }

    /** Largest over smallest value: infinite when the smallest is 0, 1 when there are none. */
    public double conditionNumber() {
        if (values.length == 0) {
            return 1;
        }
        double smallest = values[values.length - 1];
        return smallest == 0 ? Double.POSITIVE_INFINITY : values[0] / smallest;
    }

    private double rank(double eps) {
        double sum = sumOfPowers(1);
        if (sum == 0) {
            return 0;
        }
        double entropy = 0;
        for (double value : values) {
            double p = value / sum + eps;
            entropy -= p == 0 ? 0 : p * Math.log(p);
        }
        return Math.exp(entropy);
    }

    private double sumOfPowers(int power) {
        double sum = 0;
        for (double value : values) {
            sum += Math.pow(value, power);
        }
        return sum;
    }
}
