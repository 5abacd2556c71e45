package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.CrossCorrelationReference;
import io.gramian.reference.StandardizeColumnsReference;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Column statistics and cross-correlation. */
class CovarianceTest {
    private static final float EPS = 1e-5f;

    private final Device device = Device.cpu();
    private final Covariance room = device.backend().covariance();

    @Test
    void standardisesAColumnByHand() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.of(device, new float[] {1, 5, 3, 5}, 2, 2);
            Tensor mean = poisoned(2);
            Tensor rstd = poisoned(2);
            room.standardizeColumns(z, 3, z, mean, rstd);
            // deviations -1 and 1, variance 1, 1 / sqrt(1 + 3) = 0.5; the second column is constant
            assertThat(z.toFloats()).containsExactly(-0.5f, 0, 0.5f, 0);
            assertThat(mean.toFloats()).containsExactly(2, 5);
            assertThat(rstd.toFloats()).containsExactly(0.5f, (float) (1 / Math.sqrt(3)));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,3", "2,1", "31,33", "33,127", "129,2", "65,300", "300,65"})
    void standardisationAgreesWithTheTruth(int n, int d) {
        double[] z = random(n * 1000L + d, n * d);
        double[] du = random(n * 1000L + d + 1, n * d);
        try (Scope scope = Scope.open()) {
            Tensor u = poisoned(n, d);
            Tensor mean = poisoned(d);
            Tensor rstd = poisoned(d);
            Tensor dz = poisoned(n, d);
            room.standardizeColumns(tensor(z, n, d), EPS, u, mean, rstd);
            room.standardizeColumnsBackward(u, rstd, tensor(du, n, d), dz);
            assertClose(u, StandardizeColumnsReference.value(z, n, d, EPS), 1e-6);
            if (n > 2) {
                assertClose(dz, StandardizeColumnsReference.gradient(z, du, n, d, EPS), 5e-6);
            }
            float[] means = mean.toFloats();
            for (int j = 0; j < d; j++) {
                double expected = StandardizeColumnsReference.mean(z, n, d, j);
                assertThat((double) means[j]).isCloseTo(expected, within(1e-7));
            }
            Tensor centered = poisoned(n, d);
            room.centerColumns(tensor(z, n, d), centered, mean, rstd);
            assertClose(centered, StandardizeColumnsReference.centered(z, n, d), 1e-6);
            float[] variances = rstd.toFloats();
            for (int j = 0; j < d && n > 1; j++) {
                double variance = StandardizeColumnsReference.deviations(z, n, d, j) / (n - 1);
                assertThat((double) variances[j]).isCloseTo(variance, within(1e-6 * variance));
            }
        }
    }

    @Test
    void aLargeMeanKeepsTheDigitsOfTheDeviations() {
        int n = 100;
        double[] z = random(5, n);
        for (int i = 0; i < n; i++) {
            z[i] = (float) (16384 + z[i]);
        }
        try (Scope scope = Scope.open()) {
            Tensor u = poisoned(n, 1);
            room.standardizeColumns(tensor(z, n, 1), EPS, u, poisoned(1), poisoned(1));
            assertClose(u, StandardizeColumnsReference.value(z, n, 1, EPS), 1e-6);
        }
    }

    @Test
    void oneRowNoRowsAndNan() {
        try (Scope scope = Scope.open()) {
            Tensor mean = poisoned(2);
            Tensor other = poisoned(2);
            Tensor one = Tensor.of(device, new float[] {3, 4}, 1, 2);
            room.centerColumns(one, one, mean, other);
            assertThat(one.toFloats()).containsExactly(0, 0);
            assertThat(other.toFloats()).containsOnly(Float.NaN);
            room.standardizeColumns(Tensor.zeros(device, 0, 2), EPS, Tensor.zeros(device, 0, 2), mean, other);
            assertThat(mean.toFloats()).containsOnly(Float.NaN);
            Tensor nan = Tensor.of(device, new float[] {1, Float.NaN, 2, 3}, 2, 2);
            room.standardizeColumns(nan, EPS, nan, mean, other);
            assertThat(nan.toFloats()[0]).isNegative();
            assertThat(nan.toFloats()[1]).isNaN();
            assertThat(nan.toFloats()[3]).isNaN();
            assertThat(mean.toFloats()[0]).isEqualTo(1.5f);
        }
    }

    /** Columns (1, -1) against (2, -2), (-1, 1) and (5, 5): correlations 1, -1 and 0. */
    @Test
    void correlationsByHand() {
        try (Scope scope = Scope.open()) {
            Tensor a = Tensor.of(device, new float[] {1, -1}, 2, 1);
            Tensor b = Tensor.of(device, new float[] {2, -1, 5, -2, 1, 5}, 2, 3);
            Tensor c = poisoned(1, 3);
            room.crossCorrelation(a, b, 1e-10f, c);
            assertThat(c.toFloats()).containsExactly(1, -1, 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"5,2,3", "31,33,7", "129,127,140", "40,130,260"})
    void crossCorrelationAgreesWithTheTruth(int n, int da, int db) {
        double[] a = random(n, n * da);
        double[] b = random(n + 1, n * db);
        double[] dc = random(n + 2, da * db);
        try (Scope scope = Scope.open()) {
            Tensor c = poisoned(da, db);
            Tensor gradA = poisoned(n, da);
            Tensor gradB = poisoned(n, db);
            Tensor ta = tensor(a, n, da);
            Tensor tb = tensor(b, n, db);
            room.crossCorrelation(ta, tb, EPS, c);
            room.crossCorrelationBackward(ta, tb, EPS, tensor(dc, da, db), gradA, gradB);
            double[] expected = CrossCorrelationReference.value(a, b, n, da, db, EPS);
            float[] actual = c.toFloats();
            for (int i = 0; i < expected.length; i++) {
                assertThat((double) actual[i]).isCloseTo(expected[i], within(1e-6));
            }
            assertClose(gradA, CrossCorrelationReference.gradientA(a, b, dc, n, da, db, EPS), 1e-5);
            assertClose(gradB, CrossCorrelationReference.gradientB(a, b, dc, n, da, db, EPS), 1e-5);
        }
    }

    @Test
    void refusesWhatItCannotDo() {
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.zeros(device, 4, 3);
            Tensor s = Tensor.zeros(device, 3);
            Tensor t = Tensor.zeros(device, 3);
            assertThatThrownBy(() -> room.standardizeColumns(z, 0, z, s, t))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("eps: expected a finite number above 0, got 0.0");
            assertThatThrownBy(() -> room.standardizeColumns(z, EPS, z, s, s))
                    .hasMessageStartingWith("mean overlaps rstd");
            assertThatThrownBy(() -> room.centerColumns(z, z, s, Tensor.zeros(device, 4)))
                    .hasMessage("variance: expected shape (3), got (4)");
            assertThatThrownBy(
                            () -> room.crossCorrelation(z, Tensor.zeros(device, 5, 3), EPS, Tensor.zeros(device, 3, 3)))
                    .hasMessage("b: expected as many rows as a (4, 3), got (5, 3)");
            Tensor none = Tensor.zeros(device, 0, 3);
            assertThatThrownBy(() -> room.crossCorrelation(none, none, EPS, Tensor.zeros(device, 3, 3)))
                    .hasMessage("rows of a: expected at least 1, got 0");
            assertThatThrownBy(() -> room.barlowTwins(z, z, 1, EPS, false, 1, false, z.copy(), null)
                            .run())
                    .hasMessage("da and db: expected both gradients or neither, got one");
        }
    }

    private static double[] random(long seed, int count) {
        return new Random(seed).doubles(count, -1, 1).map(x -> (float) x).toArray();
    }

    private Tensor poisoned(long... sizes) {
        return Tensor.empty(device, sizes).fill(Float.NaN);
    }

    private Tensor tensor(double[] values, int n, int d) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(device, floats, n, d);
    }

    private static void assertClose(Tensor actual, double[] expected, double tolerance) {
        double largest = 1e-30;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        float[] values = actual.toFloats();
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) values[i]).as("element %d", i).isCloseTo(expected[i], within(tolerance * largest));
        }
    }
}
