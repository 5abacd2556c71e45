package io.gramian.spectrum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Guarded;
import io.gramian.reference.EigenReference;
import io.gramian.reference.SpectrumReference;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpectrumTest {
    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @Test
    void diagonalByHand() {
        Spectrum spectrum = Spectrum.of(Tensor.of(device, new float[] {0, -3, 0, 4, 0, 0}, 2, 3));
        assertThat(spectrum.singularValues()).containsExactly(4, 3);
        assertThat(spectrum.squares()).containsExactly(16, 9);
        assertThat(spectrum.conditionNumber()).isCloseTo(4.0 / 3, within(1e-12));
        assertThat(spectrum.stableRank()).isCloseTo(25.0 / 16, within(1e-12));
        assertThat(spectrum.participationRatio()).isCloseTo(625.0 / (256 + 81), within(1e-12));
        double entropy = -4.0 / 7 * Math.log(4.0 / 7) - 3.0 / 7 * Math.log(3.0 / 7);
        assertThat(spectrum.effectiveRank()).isCloseTo(Math.exp(entropy), within(1e-12));
    }

    @Test
    void equalValuesHaveFullRank() {
        Spectrum spectrum = Spectrum.ofValues(2, 2, 2, 2);
        assertThat(spectrum.effectiveRank()).isCloseTo(4, within(1e-12));
        assertThat(spectrum.rankMe()).isCloseTo(4, within(1e-5)).isNotEqualTo(spectrum.rankMe(1e-5));
        assertThat(spectrum.stableRank()).isEqualTo(4);
        assertThat(spectrum.participationRatio()).isCloseTo(4, within(1e-12));
        assertThat(spectrum.conditionNumber()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "2,3", "31,33", "33,31", "127,129", "130,257", "40,700", "700,40", "129,129"})
    void agreesWithJacobi(int n, int d) {
        double[] z = gaussian(n, d, 31L * n + d);
        Tensor tensor = tensor(z, n, d);
        assertClose(Spectrum.of(tensor).singularValues(), SpectrumReference.singularValues(z, n, d), 1e-6);
        double[] unit = SpectrumReference.centred(SpectrumReference.unitRows(z, n, d), n, d);
        double[] expected = SpectrumReference.singularValues(unit, n, d);
        double[] actual = Spectrum.ofCovariance(tensor, true).singularValues();
        assertThat(actual).hasSize(d);
        for (int k = 0; k < d; k++) {
            double value = k < expected.length && n > 1 ? expected[k] / Math.sqrt(n - 1.0) : 0;
            assertThat(actual[k]).as("value %d", k).isCloseTo(value, within(1e-8));
        }
        assertClose(
                Spectrum.unitRowDeviations(tensor),
                SpectrumReference.deviations(SpectrumReference.unitRows(z, n, d), n, d),
                1e-12);
    }

    @ParameterizedTest
    @CsvSource({"48,200", "200,48", "64,1500", "260,330"})
    void fourDigitsDownToAMillionthOfTheLargest(int n, int d) {
        double[] z = graded(n, d, 1e-6);
        double[] expected = SpectrumReference.singularValues(z, n, d);
        assertThat(expected[Math.min(n, d) - 1] / expected[0]).isBetween(3e-7, 3e-6);
        assertClose(Spectrum.of(tensor(z, n, d)).singularValues(), expected, 1e-4);
    }

    /** On both Gram sides: without a decomposition as with one. */
    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "31,33", "33,31", "127,129", "130,257", "40,700", "700,40", "129,129", "600,530"})
    void participationRatioWithoutADecomposition(int n, int d) {
        Tensor z = tensor(gaussian(n, d, 7L * n + d), n, d);
        double ratio = Spectrum.of(z).participationRatio();
        assertThat(Spectrum.participationRatio(z)).isCloseTo(ratio, within(5e-6 * ratio));
        if (n > 1) {
            Spectrum covariance = Spectrum.ofCovariance(z, true);
            double expected = covariance.participationRatio();
            // one column of unit rows is +-1: whatever is left of its variance
            assertThat(Spectrum.covarianceParticipationRatio(z, true)).isCloseTo(expected, within(1e-5 * expected));
            double total = Arrays.stream(covariance.squares()).sum();
            assertThat(Spectrum.totalVariance(z, true)).isCloseTo(total, within(1e-9 * total));
        }
    }

    @Test
    void batchesAreTheirSlices() {
        int batch = 5;
        Tensor z = Tensor.of(
                device, tensor(gaussian(batch * 20, 12, 3), batch * 20, 12).toFloats(), batch, 20, 12);
        List<Spectrum> spectra = Spectrum.ofBatch(z);
        assertThat(spectra).hasSize(batch);
        for (int b = 0; b < batch; b++) {
            assertThat(spectra.get(b).singularValues())
                    .containsExactly(
                            Spectrum.of(z.rows(b, b + 1).reshape(20, 12)).singularValues());
        }
        float[] values = z.toFloats();
        values[20 * 12 + 3] = Float.NaN;
        List<Spectrum> withNan = Spectrum.ofBatch(Tensor.of(device, values, batch, 20, 12));
        assertThat(withNan.get(1).singularValues()).containsOnly(Double.NaN);
        assertThat(withNan.get(2).singularValues())
                .containsExactly(spectra.get(2).singularValues());
        assertThat(Spectrum.ofBatch(Tensor.zeros(device, 0, 3, 4))).isEmpty();
        assertThat(Spectrum.ofBatch(Tensor.zeros(device, 2, 0, 4)).get(1).singularValues())
                .isEmpty();
    }

    /** [[2, 1], [1, 2]] has 3 and 1; what lies above the diagonal is not read. Our own reduction starts at order 256. */
    @ParameterizedTest
    @ValueSource(ints = {65, 258})
    void eigenvaluesByHandAndAgainstJacobi(int d) {
        Tensor s = Tensor.of(device, new float[] {2, 99, 1, 2, 5, -7, 0, -4}, 2, 2, 2);
        double[][] values = device.backend().spectra().eigenvalues(s);
        assertThat(values[0][0]).isCloseTo(3, within(1e-12));
        assertThat(values[0][1]).isCloseTo(1, within(1e-12));
        assertThat(values[1]).containsExactly(5, -4);
        double[] z = gaussian(d, d, 12);
        double[] symmetric = new double[d * d];
        for (int i = 0; i < d * d; i++) {
            symmetric[i] = (float) (z[i] + z[i % d * d + i / d]);
        }
        double[] expected = EigenReference.of(symmetric, d).values();
        double[] actual =
                device.backend().spectra().eigenvalues(tensor(symmetric, d, d).reshape(1, d, d))[0];
        for (int k = 0; k < d; k++) {
            assertThat(actual[k]).isCloseTo(expected[k], within(1e-12 * expected[0]));
        }
    }

    /** Nothing to reflect, one thing, and a batch of matrices that threads would share alone. */
    @Test
    void largeMatricesOfSpecialForm() {
        int d = 300;
        assertThat(Spectrum.of(Tensor.zeros(device, d, d)).singularValues()).containsOnly(0);
        double[] diagonal = new double[d * d];
        double[] ones = new double[d * d];
        for (int i = 0; i < d; i++) {
            diagonal[i * d + i] = i + 1;
        }
        Arrays.fill(ones, 1);
        double[] values = Spectrum.of(tensor(diagonal, d, d)).singularValues();
        for (int i = 0; i < d; i++) {
            assertThat(values[i]).isCloseTo(d - i, within(1e-11 * d));
        }
        values = Spectrum.of(tensor(ones, d, d)).singularValues();
        assertThat(values[0]).isCloseTo(d, within(1e-11 * d));
        assertThat(values[1]).isBetween(0.0, 1e-6 * d);
        Tensor batch = tensor(gaussian(3 * d, d, 5), 3 * d, d).reshape(3, d, d);
        double[][] spectra = device.backend().spectra().singularValuesOfBatch(batch, false, true);
        for (int b = 0; b < 3; b++) {
            assertThat(device.backend()
                            .spectra()
                            .singularValues(batch.rows(b, b + 1).reshape(d, d), false, true))
                    .containsExactly(spectra[b]);
        }
    }

    @ParameterizedTest
    @CsvSource({"300,900", "900,140", "64,64"})
    void sameBitsWithOneAndTwoThreads(int n, int d) {
        Tensor z = tensor(gaussian(n, d, 10), n, d);
        double[] once = Guarded.threads(1).spectra().singularValues(z, true, true);
        double[] norms = Guarded.threads(1).spectra().gramNorms(z, true, true, d > n);
        for (int threads : new int[] {1, 2, 5}) {
            assertThat(Guarded.threads(threads).spectra().singularValues(z, true, true))
                    .containsExactly(once);
            assertThat(Guarded.threads(threads).spectra().gramNorms(z, true, true, d > n))
                    .containsExactly(norms);
        }
        Tensor batch = z.rows(0, 60).reshape(3, 20, d);
        double[][] spectra = Guarded.threads(1).spectra().singularValuesOfBatch(batch, false, true);
        assertThat(Guarded.threads(2).spectra().singularValuesOfBatch(batch, false, true))
                .isDeepEqualTo(spectra);
    }

    @Test
    void permutedRowsAndColumnsChangeNothing() {
        int n = 20;
        int d = 6;
        double[] z = gaussian(n, d, 15);
        double[] moved = new double[n * d];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < d; k++) {
                moved[(i * 7 + 1) % n * d + (k * 5 + 2) % d] = z[i * d + k];
            }
        }
        assertClose(
                Spectrum.ofCovariance(tensor(moved, n, d), true).singularValues(),
                Spectrum.ofCovariance(tensor(z, n, d), true).singularValues(),
                1e-9);
    }

    @Test
    void rotationsChangeNothing() {
        int n = 20;
        int d = 6;
        double[] z = gaussian(n, d, 5);
        double[] turned = z.clone();
        double c = Math.cos(0.7);
        double s = Math.sin(0.7);
        for (int i = 0; i < n; i++) {
            turned[i * d + 1] = c * z[i * d + 1] - s * z[i * d + 4];
            turned[i * d + 4] = s * z[i * d + 1] + c * z[i * d + 4];
        }
        assertClose(
                Spectrum.of(tensor(turned, n, d)).singularValues(),
                Spectrum.of(tensor(z, n, d)).singularValues(),
                1e-6);
    }

    @Test
    void collapseShows() {
        int n = 64;
        int d = 32;
        double[] z = gaussian(n, d, 6);
        for (int i = 0; i < n; i++) {
            for (int k = 4; k < d; k++) {
                z[i * d + k] = z[i * d + k % 4];
            }
        }
        Spectrum spectrum = Spectrum.of(tensor(z, n, d));
        assertThat(spectrum.effectiveRank()).isBetween(3.0, 4.01);
        assertThat(spectrum.conditionNumber()).isGreaterThan(1e6);
    }

    @Test
    void edgesAreDefined() {
        for (long[] shape : new long[][] {{0, 5}, {5, 0}, {0, 0}}) {
            Spectrum empty = Spectrum.of(Tensor.zeros(device, shape));
            assertThat(empty.singularValues()).isEmpty();
            assertThat(empty.effectiveRank()).isZero();
            assertThat(empty.rankMe()).isZero();
            assertThat(empty.stableRank()).isZero();
            assertThat(empty.participationRatio()).isZero();
            assertThat(empty.conditionNumber()).isEqualTo(1);
        }
        Spectrum zero = Spectrum.of(Tensor.zeros(device, 3, 5));
        assertThat(zero.singularValues()).containsExactly(0, 0, 0);
        assertThat(zero.effectiveRank()).isZero();
        assertThat(zero.rankMe()).isZero();
        assertThat(zero.conditionNumber()).isInfinite();
        Tensor row = Tensor.of(device, new float[] {3, 4}, 1, 2);
        assertThat(Spectrum.of(row).singularValues()).containsExactly(5);
        assertThat(Spectrum.ofCovariance(row, true).singularValues()).containsExactly(0, 0);
        assertThat(Spectrum.unitRowDeviations(row)).containsExactly(0, 0);
        assertThat(Spectrum.participationRatio(Tensor.zeros(device, 3, 5))).isZero();
        assertThat(Spectrum.participationRatio(Tensor.zeros(device, 0, 5))).isZero();
        assertThat(Spectrum.covarianceParticipationRatio(row, false)).isZero();
        assertThat(Spectrum.totalVariance(row, true)).isZero();
        Tensor bad = Tensor.of(device, new float[] {3, Float.NaN, 1, 2}, 2, 2);
        assertThat(Spectrum.participationRatio(bad)).isNaN();
        assertThat(Spectrum.covarianceParticipationRatio(bad, true)).isNaN();
        Tensor lower = Tensor.of(device, new float[] {3, 0, Float.NaN, 2}, 1, 2, 2);
        assertThat(device.backend().spectra().eigenvalues(lower)[0]).containsOnly(Double.NaN);
        assertThat(Spectrum.of(bad).singularValues()).containsOnly(Double.NaN);
        assertThat(Spectrum.of(bad).effectiveRank()).isNaN();
        assertThat(Spectrum.of(bad).conditionNumber()).isNaN();
        assertThat(Spectrum.ofCovariance(bad, true).stableRank()).isNaN();
        bad.copyFrom(new float[] {3, Float.POSITIVE_INFINITY, 1, 2});
        assertThat(Spectrum.of(bad).participationRatio()).isNaN();
    }

    @Test
    void twiceTheSameBits() {
        Tensor z = tensor(gaussian(300, 900, 9), 300, 900);
        assertThat(Spectrum.of(z).singularValues())
                .containsExactly(Spectrum.of(z).singularValues());
    }

    @Test
    void refusesBadArguments() {
        assertThatThrownBy(() -> Spectrum.of(Tensor.zeros(device, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("z: expected a matrix (n, d), got shape (4)");
        assertThatThrownBy(() -> Spectrum.of(Tensor.empty(device, DType.FLOAT64, 2, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("z: expected FLOAT32");
        assertThatThrownBy(() -> Spectrum.ofBatch(Tensor.zeros(device, 4, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("z: expected a batch (batch, n, d), got shape (4, 4)");
        assertThatThrownBy(() -> device.backend().spectra().eigenvalues(Tensor.zeros(device, 2, 3, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("s: expected shape (2, 3, 3), got (2, 3, 4)");
        Tensor closed = Tensor.zeros(device, 2, 2);
        closed.close();
        assertThatThrownBy(() -> Spectrum.of(closed)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Spectrum.ofValues(1, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Spectrum.ofValues(1).rankMe(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Random directions with singular values from 1 down to {@code least}, as float32 values. */
    private static double[] graded(int n, int d, double least) {
        int m = Math.min(n, d);
        double[] left = orthonormal(m, n, 1);
        double[] right = orthonormal(m, d, 2);
        double[] z = new double[n * d];
        for (int r = 0; r < m; r++) {
            double value = Math.pow(least, r / (m - 1.0));
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < d; k++) {
                    z[i * d + k] += value * left[r * n + i] * right[r * d + k];
                }
            }
        }
        for (int i = 0; i < n * d; i++) {
            z[i] = (float) z[i];
        }
        return z;
    }

    private static double[] orthonormal(int rows, int length, long seed) {
        double[] q = gaussian(rows, length, seed);
        for (int r = 0; r < rows; r++) {
            for (int pass = 0; pass < 2; pass++) {
                for (int p = 0; p < r; p++) {
                    double dot = 0;
                    for (int k = 0; k < length; k++) {
                        dot += q[r * length + k] * q[p * length + k];
                    }
                    for (int k = 0; k < length; k++) {
                        q[r * length + k] -= dot * q[p * length + k];
                    }
                }
            }
            double norm = 0;
            for (int k = 0; k < length; k++) {
                norm += q[r * length + k] * q[r * length + k];
            }
            for (int k = 0; k < length; k++) {
                q[r * length + k] /= Math.sqrt(norm);
            }
        }
        return q;
    }

    private static void assertClose(double[] actual, double[] expected, double relative) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int k = 0; k < expected.length; k++) {
            assertThat(actual[k]).as("value %d", k).isCloseTo(expected[k], within(relative * expected[k]));
        }
    }

    private static double[] gaussian(int n, int d, long seed) {
        Random random = new Random(seed);
        double[] z = new double[n * d];
        for (int i = 0; i < z.length; i++) {
            z[i] = (float) random.nextGaussian();
        }
        return z;
    }

    private Tensor tensor(double[] z, int n, int d) {
        float[] floats = new float[z.length];
        for (int i = 0; i < z.length; i++) {
            floats[i] = (float) z[i];
        }
        return Tensor.of(device, floats, n, d);
    }
}
