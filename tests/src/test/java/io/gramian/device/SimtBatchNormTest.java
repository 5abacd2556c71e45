package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.BatchNormalization;
import io.gramian.backend.BatchNormalization.Epilogue;
import io.gramian.backend.BatchNormalization.Forward;
import io.gramian.backend.BatchNormalization.Running;
import io.gramian.backend.Stream;
import io.gramian.reference.BatchNormReference;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Batch normalisation of the CUDA sources on the SIMT executor against the float64 truth: off by at most twice what a
 * plain float32 program is ({@link NaiveBatchNorm}), and a few roundings where that was lucky; on bfloat16 activations also
 * by their one rounding, 2^-8 of an element at most.
 */
class SimtBatchNormTest {
    private static final float EPS = 1e-5f;
    private static final double SLACK = 1e-6;
    private static final DType[] TYPES = {DType.FLOAT32, DType.BFLOAT16};

    private final Device device = DeviceUnderTest.get();
    private final BatchNormalization kernels = device.backend().network().batchNormalization();

    @ParameterizedTest
    @CsvSource({
        "2,1,true,true",
        "31,33,true,true",
        "33,2,false,true",
        "127,64,true,false",
        "129,31,false,false",
        "257,132,true,true",
        "2100,1,true,false",
        "1057,4,true,true"
    })
    void agreesWithTheTruth(int rows, int c, boolean relu, boolean withResidual) {
        for (DType type : TYPES) {
            trainingStep(type, rows, c, relu, withResidual);
        }
    }

    private void trainingStep(DType type, int rows, int c, boolean relu, boolean withResidual) {
        double[] x = Truth.gaussian(rows, rows * c);
        for (int i = 0; i < x.length; i++) {
            x[i] += 3 * (i % c % 5); // means up to twelve deviations away from 0
        }
        x = Truth.stored(type, x);
        double[] gamma = Truth.gaussian(c, c);
        double[] beta = Truth.gaussian(c + 1L, c);
        double[] dy = Truth.stored(type, Truth.gaussian(rows + 2L, rows * c));
        double[] residual =
                withResidual ? Truth.stored(type, Truth.gaussian(rows + 3L, rows * c)) : new double[rows * c];
        BatchNormReference truth = new BatchNormReference(rows, c, EPS, relu);
        double[] expected = truth.value(x, gamma, beta, residual, truth.mean(x), truth.variance(x));
        try (Scope scope = Scope.open()) {
            Tensor tx = Truth.tensor(device, type, x, rows, c);
            Tensor more = withResidual ? Truth.tensor(device, type, residual, rows, c) : null;
            Epilogue epilogue = new Epilogue(Truth.tensor(device, gamma, c), Truth.tensor(device, beta, c), more, relu);
            Guarded y = Guarded.shifted(device, type, 0, rows, c);
            Guarded mean = Guarded.of(device, c);
            Guarded rstd = Guarded.of(device, c);
            kernels.forward(tx, epilogue, EPS, null, y.tensor(), mean.tensor(), rstd.tensor());
            double[] own = doubles(y.values()); // the ReLU of a value near 0 may go either way
            double[] g = truth.dresidual(own, dy);
            Guarded tdy = Guarded.shifted(device, type, 0, rows, c).with(dy);
            Guarded dx = withResidual ? Guarded.shifted(device, type, 0, rows, c) : tdy;
            Guarded dgamma = Guarded.of(device, c);
            Guarded dbeta = Guarded.of(device, c);
            kernels.backward(
                    new Forward(tx, y.tensor(), mean.tensor(), rstd.tensor(), true),
                    epilogue,
                    tdy.tensor(),
                    dx.tensor(),
                    dgamma.tensor(),
                    dbeta.tensor());
            NaiveBatchNorm naive = new NaiveBatchNorm(x, gamma, beta, residual, g, rows, c, EPS);
            double stored = rounding(type);
            check(type + " y", y, expected, stored + bound(rectified(naive.y, relu), expected));
            check(type + " dx", dx, truth.dx(x, gamma, g), stored + bound(naive.dx, truth.dx(x, gamma, g)));
            check(type + " dgamma", dgamma, truth.dgamma(x, g), bound(naive.dgamma, truth.dgamma(x, g)));
            check(type + " dbeta", dbeta, truth.dbeta(g), bound(naive.dbeta, truth.dbeta(g)));
            check(type + " mean", mean, truth.mean(x), SLACK);
            if (withResidual) {
                check(type + " dresidual", tdy, g, 0);
            }
        }
    }

    private static void check(String what, Guarded actual, double[] expected, double bound) {
        assertThat(Truth.error(actual.values(), expected)).as(what).isLessThanOrEqualTo(bound);
    }

    /** Of two rows, a gradient is the difference of large numbers: only the naive error says what is left of it. */
    private static double bound(float[] naive, double[] expected) {
        return 2 * Truth.error(naive, expected) + SLACK;
    }

    /** What an element is off by for being stored. */
    private static double rounding(DType type) {
        return type == DType.BFLOAT16 ? 0x1p-8 : 0;
    }

    private static float[] rectified(float[] y, boolean relu) {
        float[] result = y.clone();
        for (int i = 0; i < y.length; i++) {
            result[i] = relu ? Math.max(0, y[i]) : y[i];
        }
        return result;
    }

    private static double[] doubles(float[] values) {
        double[] result = new double[values.length];
        Arrays.setAll(result, i -> values[i]);
        return result;
    }

    /** Views that begin anywhere, and every order of threads. */
    @ParameterizedTest
    @CsvSource({"97,64", "65,31", "2,4"})
    void theSameBits(int rows, int c) {
        double[] x = Truth.gaussian(rows, rows * c);
        double[] dy = Truth.gaussian(rows + 1L, rows * c);
        float[][] first = null;
        for (int seed = 1; seed <= 3; seed++) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                BatchNormalization room = device.backend().network(stream).batchNormalization();
                Tensor tx = Guarded.shifted(device, seed % 2, rows, c).with(x).tensor();
                Guarded y = Guarded.shifted(device, seed / 2, rows, c);
                Guarded gradient =
                        Guarded.shifted(device, 1 - seed % 2, rows, c).with(dy);
                Guarded[] sums = {
                    Guarded.of(device, c), Guarded.of(device, c), Guarded.of(device, c), Guarded.of(device, c)
                };
                Epilogue epilogue = new Epilogue(null, null, null, true);
                room.forward(tx, epilogue, EPS, null, y.tensor(), sums[0].tensor(), sums[1].tensor());
                room.backward(
                        new Forward(tx, y.tensor(), sums[0].tensor(), sums[1].tensor(), true),
                        epilogue,
                        gradient.tensor(),
                        gradient.tensor(),
                        sums[2].tensor(),
                        sums[3].tensor());
                float[][] all = {
                    y.values(),
                    gradient.values(),
                    sums[0].values(),
                    sums[1].values(),
                    sums[2].values(),
                    sums[3].values()
                };
                first = first == null ? all : first;
                assertThat(all).isDeepEqualTo(first);
            }
        }
    }

    @Test
    void runningStatisticsMoveAsOnTheCpu() {
        double[] x = Truth.gaussian(7, 65 * 6);
        float[][] found = new float[4][];
        for (int at = 0; at < 2; at++) {
            Device where = at == 0 ? device : Device.cpu();
            try (Scope scope = Scope.open()) {
                Guarded mean = Guarded.of(where, 6).with(new double[] {1, 2, 3, 4, 5, 6});
                Guarded variance = Guarded.of(where, 6).with(new double[] {1, 1, 2, 2, 3, 3});
                where.backend()
                        .network()
                        .batchNormalization()
                        .forward(
                                Truth.tensor(where, x, 65, 6),
                                new Epilogue(null, null, null, false),
                                EPS,
                                new Running(mean.tensor(), variance.tensor(), 0.1f),
                                Tensor.empty(where, 65, 6),
                                Tensor.empty(where, 6),
                                Tensor.empty(where, 6));
                found[2 * at] = mean.values();
                found[2 * at + 1] = variance.values();
            }
        }
        assertThat(Truth.error(found[0], doubles(found[2]))).isLessThanOrEqualTo(2e-7);
        assertThat(Truth.error(found[1], doubles(found[3]))).isLessThanOrEqualTo(2e-7);
    }

    @Test
    void aLargeMeanKeepsItsVariance() {
        double[] x = new double[4096];
        for (int i = 0; i < x.length; i++) {
            x[i] = 100000 + (i / 3) % 2;
        }
        double variance = new BatchNormReference(4096, 1, 1e-12, false).variance(x)[0];
        try (Scope scope = Scope.open()) {
            Guarded rstd = Guarded.of(device, 1);
            kernels.forward(
                    Truth.tensor(device, x, 4096, 1),
                    new Epilogue(null, null, null, false),
                    1e-12f,
                    null,
                    Tensor.empty(device, 4096, 1),
                    Tensor.empty(device, 1),
                    rstd.tensor());
            assertThat(rstd.values()[0] * Math.sqrt(variance)).isBetween(1 - 1e-6, 1 + 1e-6);
        }
    }

    /** Given statistics, which the gradient takes as constants; no rows at all. */
    @ParameterizedTest
    @CsvSource({"1,2", "33,5", "0,3", "2,64", "35,1", "35,6", "35,33"})
    void evaluationUsesTheGivenStatistics(int rows, int c) {
        for (DType type : TYPES) {
            evaluation(type, rows, c);
        }
    }

    private void evaluation(DType type, int rows, int c) {
        double[] x = Truth.stored(type, Truth.gaussian(rows, rows * c));
        double[] mean = Truth.gaussian(1, c);
        double[] variance = Arrays.stream(Truth.gaussian(2, c)).map(v -> v * v).toArray();
        double[] dy = Truth.stored(type, Truth.gaussian(3, rows * c));
        double[] ones = new double[c];
        Arrays.fill(ones, 1);
        double[] expected = new BatchNormReference(rows, c, EPS, true)
                .value(x, ones, new double[c], new double[rows * c], floats(mean), floats(variance));
        try (Scope scope = Scope.open()) {
            Guarded y = Guarded.shifted(device, type, 1, rows, c);
            Guarded rstd = Guarded.of(device, c);
            Guarded dx = Guarded.shifted(device, type, 0, rows, c).with(dy);
            Tensor tx = Truth.tensor(device, type, x, rows, c);
            Tensor at = Truth.tensor(device, mean, c);
            Epilogue epilogue = new Epilogue(null, null, null, true);
            kernels.evaluate(tx, epilogue, at, Truth.tensor(device, variance, c), EPS, y.tensor(), rstd.tensor());
            check(type + " y", y, expected, rounding(type) + SLACK);
            Guarded sums = Guarded.of(device, c);
            kernels.backward(
                    new Forward(tx, null, at, rstd.tensor(), false),
                    epilogue,
                    dx.tensor(),
                    dx.tensor(),
                    Tensor.empty(device, c),
                    sums.tensor());
            double[] g = new BatchNormReference(rows, c, EPS, true).dresidual(doubles(y.values()), dy);
            for (int i = 0; i < g.length; i++) {
                g[i] *= rstd.values()[i % c];
            }
            check(type + " dx", dx, g, rounding(type) + SLACK);
            assertThat(sums.values()).doesNotContain(Float.NaN);
        }
    }

    private static double[] floats(double[] values) {
        return Arrays.stream(values).map(v -> (float) v).toArray();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void aBadValueSpoilsItsColumnOnly(float bad) {
        float[] x = new float[40 * 3];
        for (int i = 0; i < x.length; i++) {
            x[i] = i % 7;
        }
        for (int row : new int[] {0, 39}) {
            float[] spoilt = x.clone();
            spoilt[3 * row + 1] = bad;
            try (Scope scope = Scope.open()) {
                Guarded y = Guarded.of(device, 40, 3);
                kernels.forward(
                        Tensor.of(device, spoilt, 40, 3),
                        new Epilogue(null, null, null, true),
                        EPS,
                        null,
                        y.tensor(),
                        Tensor.empty(device, 3),
                        Tensor.empty(device, 3));
                float[] values = y.values();
                for (int i = 0; i < values.length; i++) {
                    assertThat(Float.isNaN(values[i])).as("element %d", i).isEqualTo(i % 3 == 1);
                }
            }
        }
    }
}
