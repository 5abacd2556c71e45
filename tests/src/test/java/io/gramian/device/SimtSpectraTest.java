package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Spectra;
import io.gramian.backend.Stream;
import io.gramian.reference.EigenReference;
import io.gramian.reference.SpectrumReference;
import io.gramian.spectrum.Spectrum;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spectra of the CUDA sources on the SIMT executor, against the float64 truth. */
class SimtSpectraTest {
    private final Device device = DeviceUnderTest.get();
    private final Spectra spectra = device.backend().spectra();

    /** Eigenvalues to 1e-12 of the largest, whatever the order: around the edges of warps, blocks and tiles. */
    @ParameterizedTest
    @CsvSource({"3,1", "2,2", "1,15", "2,17", "1,33", "2,65", "1,129"})
    void eigenvaluesAgreeWithTheTruth(int batch, int d) {
        double[] s = Truth.gaussian(d, batch * d * d);
        try (Scope scope = Scope.open()) {
            double[][] values = spectra.eigenvalues(Truth.tensor(device, s, batch, d, d));
            for (int b = 0; b < batch; b++) {
                double[] slice = Arrays.copyOfRange(s, b * d * d, (b + 1) * d * d);
                closeToTheLargest(
                        values[b], EigenReference.of(lower(slice, d), d).values(), 1e-12);
            }
        }
    }

    /** Multiplicity 1, 3 and n, a zero matrix, a diagonal one, and one that is far from 1. */
    @Test
    void eigenvaluesOfSpecialMatrices() {
        int d = 40;
        double[] ones = new double[d * d];
        Arrays.fill(ones, 1);
        double[] expected = new double[d];
        expected[0] = d;
        check(ones, d, expected);
        double[] identity = new double[d * d];
        double[] diagonal = new double[d * d];
        double[] blocks = new double[d * d];
        double[] graded = new double[d];
        double[] threes = new double[d];
        for (int i = 0; i < d; i++) {
            identity[i * d + i] = 2;
            graded[i] = (float) (1e30 * Math.pow(0.5, i));
            diagonal[i * d + (i * 7 % d)] = 0;
            blocks[i * d + i] = i / 3 + 1;
            threes[i] = (d - 1 - i) / 3 + 1;
        }
        for (int i = 0; i < d; i++) {
            int at = i * 7 % d;
            diagonal[at * d + at] = graded[i];
        }
        double[] twos = new double[d];
        Arrays.fill(twos, 2);
        check(identity, d, twos);
        check(new double[d * d], d, new double[d]);
        check(diagonal, d, graded);
        check(blocks, d, threes);
    }

    private void check(double[] s, int d, double[] expected) {
        try (Scope scope = Scope.open()) {
            closeToTheLargest(spectra.eigenvalues(Truth.tensor(device, s, 1, d, d))[0], expected, 1e-12);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,7", "7,1", "31,33", "33,31", "64,129", "257,20", "20,700"})
    void singularValuesAgreeWithTheTruth(int n, int d) {
        double[] z = Truth.gaussian(n + 31L * d, n * d);
        try (Scope scope = Scope.open()) {
            Tensor tensor = Truth.tensor(device, z, n, d);
            double[] expected = SpectrumReference.singularValues(z, n, d);
            double[] values = spectra.singularValues(tensor, false, false);
            close(values, expected, 1e-6);
            double[] unit = SpectrumReference.centred(SpectrumReference.unitRows(z, n, d), n, d);
            double[] centred = SpectrumReference.singularValues(unit, n, d);
            double[] got = spectra.singularValues(tensor, true, true);
            for (int k = 0; k < centred.length; k++) {
                // centring leaves a zero, whose root is what rounding leaves
                assertThat(got[k]).as("value %d", k).isCloseTo(centred[k], within(1e-6 * (1e-1 + centred[k])));
            }
            close(
                    spectra.columnDeviations(tensor, true),
                    SpectrumReference.deviations(SpectrumReference.unitRows(z, n, d), n, d),
                    1e-12);
            assertThat(spectra.singularValues(tensor, false, false)).isEqualTo(values);
        }
    }

    @ParameterizedTest
    @CsvSource({"48,100", "100,48"})
    void fourDigitsDownToAMillionthOfTheLargest(int n, int d) {
        int m = Math.min(n, d);
        double[] z = Truth.gaussian(3, n * d);
        for (int k = 0; k < z.length; k++) {
            int at = n < d ? k / d : k % d;
            z[k] = (float) (z[k] * Math.pow(1e-6, at / (m - 1.0)));
        }
        double[] expected = SpectrumReference.singularValues(z, n, d);
        assertThat(expected[m - 1] / expected[0]).isBetween(1e-7, 3e-6);
        try (Scope scope = Scope.open()) {
            close(spectra.singularValues(Truth.tensor(device, z, n, d), false, false), expected, 1e-4);
        }
    }

    @Test
    void sameBitsWithEverySeed() {
        double[] z = Truth.gaussian(5, 40 * 33);
        double[] first = null;
        for (long seed : new long[] {1, 2}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                Spectra own = device.backend().spectra(stream);
                Tensor tensor = Truth.tensor(device, z, 40, 33);
                double[] values = DoubleStream.concat(
                                Arrays.stream(own.singularValues(tensor, true, true)),
                                Arrays.stream(own.gramNorms(tensor, true, true, true)))
                        .toArray();
                first = first == null ? values : first;
                assertThat(values).as("seed %d", seed).isEqualTo(first);
            }
        }
    }

    @Test
    void slicesOfABatchAreThoseOfTheSlices() {
        double[] z = Truth.gaussian(8, 3 * 20 * 9);
        try (Scope scope = Scope.open()) {
            double[][] all = spectra.singularValuesOfBatch(Truth.tensor(device, z, 3, 20, 9), true, true);
            for (int b = 0; b < 3; b++) {
                double[] slice = Arrays.copyOfRange(z, b * 180, (b + 1) * 180);
                assertThat(spectra.singularValues(Truth.tensor(device, slice, 20, 9), true, true))
                        .isEqualTo(all[b]);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "1,5", "31,33", "129,40", "40,300"})
    void normsAreThoseOfTheEigenvalues(int n, int d) {
        double[] z = Truth.gaussian(n, n * d);
        double[] values = SpectrumReference.singularValues(z, n, d);
        double trace = Arrays.stream(values).map(s -> s * s).sum();
        double squares = Arrays.stream(values).map(s -> s * s * s * s).sum();
        try (Scope scope = Scope.open()) {
            Tensor tensor = Truth.tensor(device, z, n, d);
            for (boolean onSamples : new boolean[] {false, true}) {
                double[] norms = spectra.gramNorms(tensor, false, false, onSamples);
                assertThat(norms[0]).isCloseTo(trace, within(1e-10 * trace));
                assertThat(norms[1]).isCloseTo(squares, within(1e-6 * squares));
            }
            double[] unit = spectra.gramNorms(tensor, true, false, true);
            assertThat(unit[0]).isCloseTo(n, within(1e-10 * n));
        }
    }

    @Test
    void emptyNanAndInfinite() {
        try (Scope scope = Scope.open()) {
            assertThat(spectra.singularValues(Tensor.empty(device, 0, 5), true, true))
                    .isEmpty();
            assertThat(spectra.singularValues(Tensor.empty(device, 5, 0), true, true))
                    .isEmpty();
            assertThat(spectra.gramNorms(Tensor.empty(device, 0, 5), false, true, true))
                    .containsExactly(0, 0);
            assertThat(spectra.columnDeviations(Tensor.empty(device, 0, 3), true))
                    .containsExactly(0, 0, 0);
            assertThat(spectra.eigenvalues(Tensor.empty(device, 0, 4, 4))).isEmpty();
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] z = new float[3 * 6 * 4];
                for (int k = 0; k < z.length; k++) {
                    z[k] = (float) Math.sin(k);
                }
                z[24 + 7] = bad;
                double[][] values = spectra.singularValuesOfBatch(Tensor.of(device, z, 3, 6, 4), false, false);
                assertThat(values[0]).doesNotContain(Double.NaN);
                assertThat(values[1]).containsOnly(Double.NaN);
                assertThat(values[2]).doesNotContain(Double.NaN);
                assertThat(Spectrum.participationRatio(Tensor.of(device, Arrays.copyOfRange(z, 24, 48), 6, 4)))
                        .isNaN();
                for (int at : new int[] {0, 3, 15}) {
                    float[] s = new float[16];
                    s[at / 4 * 5] = 1;
                    s[at] = bad;
                    s[at % 4 * 4 + at / 4] = bad;
                    assertThat(spectra.eigenvalues(Tensor.of(device, s, 1, 4, 4))[0])
                            .as("%s at %d", bad, at)
                            .containsOnly(Double.NaN);
                }
            }
        }
    }

    private static double[] lower(double[] s, int d) {
        double[] symmetric = s.clone();
        for (int i = 0; i < d; i++) {
            for (int j = i + 1; j < d; j++) {
                symmetric[i * d + j] = s[j * d + i];
            }
        }
        return symmetric;
    }

    private static void closeToTheLargest(double[] actual, double[] expected, double tolerance) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        assertThat(actual).hasSameSizeAs(expected);
        for (int k = 0; k < expected.length; k++) {
            assertThat(actual[k]).as("value %d", k).isCloseTo(expected[k], within(tolerance * largest));
        }
    }

    private static void close(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int k = 0; k < expected.length; k++) {
            assertThat(actual[k]).as("value %d", k).isCloseTo(expected[k], within(tolerance * Math.abs(expected[k])));
        }
    }
}
