package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Covariance;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.BarlowTwinsReference;
import io.gramian.reference.CrossCorrelationReference;
import io.gramian.reference.OffDiagonalPenaltyReference;
import io.gramian.reference.VicRegReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Barlow Twins, VICReg and their parts: the CUDA sources on the SIMT executor, both sides, against the truth. */
class SimtCovarianceTest {
    private static final float EPS = 1e-5f;

    private final Device device = DeviceUnderTest.get();

    /** Relative to the largest element, of value and gradient: what docs/cuda.md promises. */
    private static double bound(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> 2e-6;
            case TF32 -> 1e-3;
            case BFLOAT16 -> 5e-3;
        };
    }

    private static double[][] views(int n, int d) {
        double[] x = Truth.gaussian(n + 3L * d, n * d);
        double[] y = Truth.gaussian(n + 5L * d, n * d);
        for (int k = 0; k < x.length; k++) {
            y[k] = (float) (x[k] + 0.7 * y[k]);
        }
        return new double[][] {x, y};
    }

    @ParameterizedTest
    @CsvSource({"3,1", "31,33", "33,127", "128,31", "129,65", "64,129", "33,257"})
    void barlowTwinsAgreesWithTheTruth(int n, int d) {
        double[][] z = views(n, d);
        boolean outsideRoot = n % 2 == 0 || d == 127;
        BarlowTwinsReference.Result truth = outsideRoot
                ? BarlowTwinsReference.unbiased(z[0], z[1], n, d, 0.0078125, EPS, 0.5)
                : BarlowTwinsReference.valueAndGradient(z[0], z[1], n, d, 0.0078125, EPS, 0.5);
        for (Precision precision : Precision.values()) {
            for (boolean onSamples : new boolean[] {false, true}) {
                String what = precision + (onSamples ? " samples" : " features");
                try (Scope scope = Scope.open();
                        Stream stream = DeviceUnderTest.stream(device, n)) {
                    stream.setPrecision(precision);
                    Covariance covariance = device.backend().covariance(stream);
                    Tensor a = Truth.tensor(device, z[0], n, d);
                    Tensor b = Truth.tensor(device, z[1], n, d);
                    Guarded da = Guarded.of(device, n, d);
                    Guarded db = Guarded.of(device, n, d);
                    double[] terms = covariance
                            .barlowTwins(a, b, 0.0078125f, EPS, outsideRoot, 0.5f, onSamples, da.tensor(), db.tensor())
                            .run();
                    double value = 0.5 * (terms[0] + 0.0078125 * terms[1]);
                    double bound = bound(precision);
                    assertThat(value).as(what).isCloseTo(truth.loss(), within(bound * (1 + truth.loss())));
                    assertThat(Truth.error(da.values(), truth.da())).as(what).isLessThanOrEqualTo(bound);
                    assertThat(Truth.error(db.values(), truth.db())).as(what).isLessThanOrEqualTo(bound);
                    assertThat(covariance
                                    .barlowTwins(a, b, 0.0078125f, EPS, outsideRoot, 0.5f, onSamples, null, null)
                                    .run())
                            .isEqualTo(terms);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2,3", "31,33", "33,127", "127,31", "129,65", "65,129", "33,257"})
    void vicRegAgreesWithTheTruth(int n, int d) {
        double[][] z = views(n, d);
        VicRegReference.Result truth = VicRegReference.valueAndGradient(
                z[0], z[1], n, d, new VicRegReference.Settings(25, 25, 1, 1e-4f, 1.25, 0.5));
        for (Precision precision : Precision.values()) {
            for (boolean onSamples : new boolean[] {false, true}) {
                String what = precision + (onSamples ? " samples" : " features");
                try (Scope scope = Scope.open();
                        Stream stream = DeviceUnderTest.stream(device, n)) {
                    stream.setPrecision(precision);
                    Guarded dx = Guarded.of(device, n, d);
                    Guarded dy = Guarded.of(device, n, d);
                    double[] terms = device.backend()
                            .covariance(stream)
                            .vicReg(
                                    Truth.tensor(device, z[0], n, d),
                                    Truth.tensor(device, z[1], n, d),
                                    25,
                                    25,
                                    1,
                                    1e-4f,
                                    1.25f,
                                    0.5f,
                                    onSamples,
                                    dx.tensor(),
                                    dy.tensor())
                            .run();
                    double bound = bound(precision);
                    assertThat(terms[0]).as(what).isCloseTo(truth.invariance(), within(1e-6));
                    assertThat(terms[1]).as(what).isCloseTo(truth.variance(), within(1e-6));
                    assertThat(terms[2])
                            .as(what)
                            .isCloseTo(truth.covariance(), within(4 * bound * (1 + truth.covariance())));
                    assertThat(Truth.error(dx.values(), truth.dx())).as(what).isLessThanOrEqualTo(bound);
                    assertThat(Truth.error(dy.values(), truth.dy())).as(what).isLessThanOrEqualTo(bound);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,31", "33,127", "127,64", "129,33", "64,257"})
    void offDiagonalPenaltyAgreesWithTheTruth(int n, int d) {
        double[] z = Truth.gaussian(n, n * d);
        double value = OffDiagonalPenaltyReference.value(z, n, d, 3);
        double[] gradient = OffDiagonalPenaltyReference.gradient(z, n, d, 3);
        for (boolean onSamples : new boolean[] {false, true}) {
            try (Scope scope = Scope.open()) {
                Guarded dz = Guarded.of(device, n, d);
                double got = device.backend()
                        .covariance()
                        .offDiagonalPenalty(Truth.tensor(device, z, n, d), 3, onSamples, dz.tensor())
                        .value();
                assertThat(got).isCloseTo(value, within(1e-6 * (1 + value) * (onSamples ? n : 1)));
                // n >= d on the sample side takes a difference: docs/numerics.md
                assertThat(Truth.error(dz.values(), gradient)).isLessThanOrEqualTo(onSamples && n > d ? 1e-4 : 5e-6);
            }
        }
    }

    /** On the side that the automatic choice takes: at most twice as far off as the paper's formula, rounded likewise. */
    @ParameterizedTest
    @CsvSource({"31,33", "127,64", "33,127", "64,257"})
    void roundingCostsNoMoreThanInTheNaiveFormula(int n, int d) {
        double[] z = Truth.gaussian(n + 17L * d, n * d);
        double[] gradient = OffDiagonalPenaltyReference.gradient(z, n, d, 3);
        float[] columns = NaiveProducts.transposed(NaiveProducts.floats(z), n, d);
        for (Precision precision : Precision.values()) {
            float[] gram = NaiveProducts.product(columns, columns, d, d, n, precision);
            for (int k = 0; k < d * d; k++) {
                gram[k] = k / d == k % d ? 0 : gram[k] * 4 / 9;
            }
            float[] naive = NaiveProducts.product(NaiveProducts.floats(z), gram, n, d, d, precision);
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, n)) {
                stream.setPrecision(precision);
                Guarded dz = Guarded.of(device, n, d);
                device.backend()
                        .covariance(stream)
                        .offDiagonalPenalty(Truth.tensor(device, z, n, d), 3, d >= 2 * n, dz.tensor())
                        .value();
                assertThat(Truth.error(dz.values(), gradient))
                        .as(precision.name())
                        .isLessThanOrEqualTo(2 * Truth.error(naive, gradient) + 5e-7);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"3,1,2", "31,33,65", "129,64,3"})
    void crossCorrelationAgreesWithTheTruth(int n, int da, int db) {
        double[] a = Truth.gaussian(1, n * da);
        double[] b = Truth.gaussian(2, n * db);
        double[] dc = Truth.gaussian(3, da * db);
        try (Scope scope = Scope.open()) {
            Covariance covariance = device.backend().covariance();
            Tensor ta = Truth.tensor(device, a, n, da);
            Tensor tb = Truth.tensor(device, b, n, db);
            Guarded c = Guarded.of(device, da, db);
            Guarded gradA = Guarded.of(device, n, da);
            Guarded gradB = Guarded.of(device, n, db);
            covariance.crossCorrelation(ta, tb, EPS, c.tensor());
            assertThat(Truth.error(c.values(), CrossCorrelationReference.value(a, b, n, da, db, EPS)))
                    .isLessThanOrEqualTo(1e-6);
            covariance.crossCorrelationBackward(
                    ta, tb, EPS, Truth.tensor(device, dc, da, db), gradA.tensor(), gradB.tensor());
            assertThat(Truth.error(gradA.values(), CrossCorrelationReference.gradientA(a, b, dc, n, da, db, EPS)))
                    .isLessThanOrEqualTo(5e-6);
            assertThat(Truth.error(gradB.values(), CrossCorrelationReference.gradientB(a, b, dc, n, da, db, EPS)))
                    .isLessThanOrEqualTo(5e-6);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void everyScheduleGivesTheSameBits(Precision precision) {
        double[][] z = views(40, 70);
        float[] first = null;
        for (long seed : new long[] {0, 1, 2, 77}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                stream.setPrecision(precision);
                Covariance covariance = device.backend().covariance(stream);
                Tensor a = Truth.tensor(device, z[0], 40, 70);
                Tensor b = Truth.tensor(device, z[1], 40, 70);
                Tensor da = Tensor.empty(device, 40, 70);
                Tensor db = Tensor.empty(device, 40, 70);
                covariance
                        .barlowTwins(a, b, 0.005f, EPS, false, 1, true, da, db)
                        .run();
                first = first == null ? da.toFloats() : first;
                assertThat(da.toFloats()).as("seed %d", seed).isEqualTo(first);
            }
        }
    }
}
