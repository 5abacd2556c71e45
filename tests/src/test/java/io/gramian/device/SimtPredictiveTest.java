package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Precision;
import io.gramian.backend.Predictive;
import io.gramian.backend.Stream;
import io.gramian.reference.AlignmentUniformityReference;
import io.gramian.reference.LeJepaReference;
import io.gramian.reference.NegativeCosineReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Negative cosine, LeJEPA, alignment and uniformity: the CUDA sources on the SIMT executor against the truth, off by at most
 * twice what an honest program of the precision is, and a few roundings of float32.
 */
class SimtPredictiveTest {
    private static final double FLOAT32_SLACK = 1e-6;

    private final Device device = DeviceUnderTest.get();

    /** What a gradient may be off by where the honest program was lucky: half a rounding of an operand, for few terms. */
    private static double slack(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> FLOAT32_SLACK;
            case TF32 -> 0x1p-12;
            case BFLOAT16 -> 0x1p-9;
        };
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,31", "31,2", "33,129", "129,33"})
    void negativeCosineAgreesWithTheTruth(int n, int d) {
        double[] p = Truth.gaussian(n, n * d);
        double[] z = Truth.gaussian(n + 1L, n * d);
        Arrays.fill(p, 0, d, n == 31 ? 1e-9f : p[0]); // a row below eps
        double[] gradient = NegativeCosineReference.gradient(p, z, n, d, 1e-8f);
        try (Scope scope = Scope.open()) {
            Predictive room = device.backend().predictive();
            Guarded dp = Guarded.of(device, n, d);
            Tensor tp = Truth.tensor(device, p, n, d);
            Tensor tz = Truth.tensor(device, z, n, d);
            double value = room.negativeCosine(tp, tz, 1e-8f, 1, dp.tensor()).value();
            // everything is float64 but the result: one rounding
            assertThat(value).isCloseTo(NegativeCosineReference.value(p, z, n, d, 1e-8f), within(1e-12));
            // of one column the gradient is 0, the difference of two float64 numbers
            assertThat(Truth.error(dp.values(), gradient)).isLessThanOrEqualTo(d == 1 ? Double.MAX_VALUE : 6e-8);
            assertThat(room.negativeCosine(tp, tz, 1e-8f, 1, null).value()).isEqualTo(value);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,1,1,1,2",
        "2,33,5,31,1,17",
        "3,31,31,33,2,5",
        "2,129,17,127,2,17",
        "4,16,65,129,4,9",
    })
    void leJepaAgreesWithTheTruth(int views, int n, int d, int m, int globals, int knots) {
        double[][] z = new double[views][];
        for (int v = 0; v < views; v++) {
            z[v] = Truth.gaussian(100L * n + v, n * d);
        }
        double[] directions = directions(d, m);
        LeJepaReference.Result truth = LeJepaReference.valueAndGradient(
                z, n, d, directions, m, new LeJepaReference.Settings(0.75, knots, 3, globals));
        double[][] ofInvariance = LeJepaReference.valueAndGradient(
                        z, n, d, new double[d * m], m, new LeJepaReference.Settings(0.75, knots, 3, globals))
                .gradients();
        for (Precision precision : Precision.values()) {
            double naive = 0;
            double error = 0;
            for (int v = 0; v < views; v++) {
                NaiveSigReg of = new NaiveSigReg(z[v], directions, n, d, m, knots, 3, precision);
                naive += of.value / views;
                for (int k = 0; k < n * d; k++) {
                    double exact = truth.gradients()[v][k] - ofInvariance[v][k];
                    error = Math.max(error, Math.abs(0.75 * of.gradient[k] / views - exact));
                }
            }
            double miss = 2 * Math.abs(naive - truth.sigReg()) + FLOAT32_SLACK * (1 + truth.sigReg());
            leJepa(z, n, d, directions, m, globals, knots, precision, truth, miss, error);
        }
    }

    /** What the device computes: SIGReg may be off by miss, gradients by twice the error and the slack. */
    private void leJepa(
            double[][] z,
            int n,
            int d,
            double[] directions,
            int m,
            int globals,
            int knots,
            Precision precision,
            LeJepaReference.Result truth,
            double miss,
            double error) {
        try (Scope scope = Scope.open();
                Stream stream = DeviceUnderTest.stream(device, n)) {
            stream.setPrecision(precision);
            List<Guarded> gradients = new ArrayList<>();
            List<Tensor> tensors = new ArrayList<>();
            for (double[] view : z) {
                gradients.add(Guarded.of(device, n, d));
                tensors.add(Truth.tensor(device, view, n, d));
            }
            Tensor along = Truth.tensor(device, directions, d, m);
            Predictive room = device.backend().predictive(stream);
            List<Tensor> to = gradients.stream().map(Guarded::tensor).toList();
            double[] terms =
                    room.leJepa(tensors, globals, along, knots, 3, 0.75f, to).run();
            assertThat(terms[0]).as(precision.name()).isCloseTo(truth.sigReg(), within(miss));
            assertThat(terms[1]).isCloseTo(truth.invariance(), within(1e-6));
            for (int v = 0; v < z.length; v++) {
                double bound = 2 * error / largest(truth.gradients()[v]) + slack(precision);
                assertThat(Truth.error(gradients.get(v).values(), truth.gradients()[v]))
                        .as("%s view %d", precision, v)
                        .isLessThanOrEqualTo(bound);
            }
            assertThat(room.leJepa(tensors, globals, along, knots, 3, 0.75f, List.of())
                            .run())
                    .isEqualTo(terms);
        }
    }

    @ParameterizedTest
    @CsvSource({"2,2,2,2", "31,33,2,1", "33,127,0.5,2", "129,31,2,3", "65,129,20,1.5"})
    void alignmentUniformityAgreesWithTheTruth(int n, int d, float t, float alpha) {
        double[] x = Truth.gaussian(n, n * d);
        double[] y = Truth.gaussian(n + 1L, n * d);
        for (int k = 0; k < x.length; k++) {
            y[k] = k < d && n == 31 ? 0 : (float) (x[k] + 0.5 * y[k]); // a row of zeros
        }
        for (boolean swapped : new boolean[] {false, true}) {
            alignmentUniformity(swapped ? y : x, swapped ? x : y, n, d, t, alpha);
        }
    }

    private void alignmentUniformity(double[] x, double[] y, int n, int d, float t, float alpha) {
        double weight = 0.5;
        double alignment = AlignmentUniformityReference.alignment(x, y, n, d, alpha);
        double[] ofUniformity = AlignmentUniformityReference.uniformityGradient(x, n, d, t);
        double uniformity = (AlignmentUniformityReference.uniformity(x, n, d, t)
                        + AlignmentUniformityReference.uniformity(y, n, d, t))
                / 2;
        double[] gradient = AlignmentUniformityReference.alignmentGradient(x, y, n, d, alpha);
        for (int k = 0; k < gradient.length; k++) {
            gradient[k] += weight / 2 * ofUniformity[k];
        }
        for (Precision precision : Precision.values()) {
            NaiveUniformity naiveX = new NaiveUniformity(x, n, d, t, precision);
            NaiveUniformity naiveY = new NaiveUniformity(y, n, d, t, precision);
            double miss = Math.abs(naiveX.value - AlignmentUniformityReference.uniformity(x, n, d, t))
                    + Math.abs(naiveY.value - AlignmentUniformityReference.uniformity(y, n, d, t));
            double share = weight / 2 * largest(ofUniformity) / largest(gradient);
            double error = share * Truth.error(naiveX.gradient, ofUniformity);
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, n)) {
                stream.setPrecision(precision);
                Predictive room = device.backend().predictive(stream);
                Guarded dx = Guarded.of(device, n, d);
                Guarded dy = Guarded.of(device, n, d);
                Tensor tx = Truth.tensor(device, x, n, d);
                Tensor ty = Truth.tensor(device, y, n, d);
                double[] terms = room.alignmentUniformity(tx, ty, (float) weight, t, alpha, dx.tensor(), dy.tensor())
                        .run();
                assertThat(terms[0]).isCloseTo(alignment, within(1e-6));
                assertThat(terms[1])
                        .as(precision.name())
                        .isCloseTo(uniformity, within(miss + FLOAT32_SLACK * (1 + Math.abs(uniformity))));
                assertThat(Truth.error(dx.values(), gradient))
                        .as(precision.name())
                        .isLessThanOrEqualTo(2 * error + FLOAT32_SLACK);
                assertThat(dy.values()).doesNotContain(Float.NaN);
                assertThat(room.alignmentUniformity(tx, ty, (float) weight, t, alpha, null, null)
                                .run())
                        .isEqualTo(terms);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        float[] first = null;
        for (long seed : new long[] {0, 1, 77}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                stream.setPrecision(precision);
                Predictive room = device.backend().predictive(stream);
                Tensor x = Truth.tensor(device, Truth.gaussian(1, 40 * 70), 40, 70);
                Tensor y = Truth.tensor(device, Truth.gaussian(2, 40 * 70), 40, 70);
                Tensor dx = Tensor.empty(device, 40, 70);
                Tensor dy = Tensor.empty(device, 40, 70);
                Tensor along = Truth.tensor(device, directions(70, 40), 70, 40);
                room.leJepa(List.of(x, y), 1, along, 17, 3, 0.5f, List.of(dx, dy))
                        .run();
                float[] got = Arrays.copyOf(dx.toFloats(), 2 * 40 * 70);
                room.alignmentUniformity(x, y, 1, 2, 2, dx, dy).run();
                System.arraycopy(dy.toFloats(), 0, got, 40 * 70, 40 * 70);
                first = first == null ? got : first;
                assertThat(got).as("seed %d", seed).isEqualTo(first);
            }
        }
    }

    @Test
    void notANumberComesOut() {
        double[] z = Truth.gaussian(1, 9 * 5);
        z[7] = Double.NaN;
        try (Scope scope = Scope.open()) {
            Predictive room = device.backend().predictive();
            Tensor x = Truth.tensor(device, z, 9, 5);
            Tensor y = Truth.tensor(device, Truth.gaussian(2, 9 * 5), 9, 5);
            Tensor along = Truth.tensor(device, directions(5, 3), 5, 3);
            assertThat(room.negativeCosine(x, y, 1e-8f, 1, null).value()).isNaN();
            assertThat(room.alignmentUniformity(x, y, 1, 2, 2, null, null).run())
                    .containsOnly(Double.NaN, Double.NaN);
            assertThat(room.leJepa(List.of(x, y), 1, along, 17, 3, 0.5f, List.of())
                            .run())
                    .containsOnly(Double.NaN, Double.NaN);
        }
    }

    /** Columns of norm 1. */
    private static double[] directions(int d, int m) {
        double[] a = Truth.gaussian(d + 13L * m, d * m);
        for (int j = 0; j < m; j++) {
            double square = 0;
            for (int k = 0; k < d; k++) {
                square += a[k * m + j] * a[k * m + j];
            }
            for (int k = 0; k < d; k++) {
                a[k * m + j] = (float) (a[k * m + j] / Math.sqrt(square));
            }
        }
        return a;
    }

    private static double largest(double[] x) {
        return Arrays.stream(x).map(Math::abs).max().orElseThrow();
    }
}
