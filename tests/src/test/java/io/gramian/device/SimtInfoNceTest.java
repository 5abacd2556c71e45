package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.ContrastiveKeys;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.reference.InfoNceReference;
import io.gramian.reference.KeyInfoNceReference;
import io.gramian.reference.LossAndGradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** InfoNCE of the CUDA sources on the SIMT executor: two sets of rows, a queue, MoCo v3; against the float64 truth. */
class SimtInfoNceTest {
    private final Device device = DeviceUnderTest.get();

    /** What a bound adds to twice the error of {@link NaiveContrast}, in case that was lucky. */
    private static double least(Precision precision, double temperature) {
        double operand =
                switch (precision) {
                    case FLOAT32 -> 2e-7;
                    case TF32 -> 0x1p-12;
                    case BFLOAT16 -> 0x1p-9;
                };
        return operand * (1 + 0.1 / temperature);
    }

    private static double[] near(double[] x, long seed) {
        double[] y = Truth.gaussian(seed, x.length);
        for (int k = 0; k < y.length; k++) {
            y[k] = (float) (x[k] + 0.5 * y[k]);
        }
        return y;
    }

    @ParameterizedTest
    @CsvSource({"1,3,0.5", "2,2,0.5", "31,33,0.1", "33,127,0.5", "127,64,0.01", "129,129,0.2", "257,31,0.1"})
    void twoSetsOfRowsAgreeWithTheTruth(int n, int d, float temperature) {
        double[] x = Truth.gaussian(n, n * d);
        double[] y = near(x, n + 1);
        for (boolean symmetric : new boolean[] {false, true}) {
            LossAndGradients truth = InfoNceReference.valueAndGradients(x, y, n, d, temperature, true, symmetric);
            double along = InfoNceReference.logScaleGradient(x, y, n, d, temperature, true, symmetric);
            for (Precision precision : Precision.values()) {
                try (Scope scope = Scope.open();
                        Stream stream = DeviceUnderTest.stream(device, n)) {
                    stream.setPrecision(precision);
                    Guarded dx = Guarded.of(device, n, d);
                    Guarded dy = Guarded.of(device, n, d);
                    double[] result = device.backend()
                            .contrastive(stream)
                            .infoNce(
                                    Truth.tensor(device, x, n, d),
                                    Truth.tensor(device, y, n, d),
                                    d,
                                    temperature,
                                    true,
                                    symmetric,
                                    dx.tensor(),
                                    dy.tensor())
                            .run();
                    NaiveContrast naive = new NaiveContrast(
                            new double[][] {x, y},
                            d,
                            true,
                            1,
                            precision,
                            NaiveCriteria.infoNce(n, temperature, symmetric));
                    double least = least(precision, temperature);
                    double loss = 2 * Math.abs(naive.loss - truth.loss()) + least * (1 + truth.loss());
                    String what = precision + (symmetric ? " symmetric" : " one way");
                    assertThat(result[0]).as(what).isCloseTo(truth.loss(), within(loss));
                    assertThat(result[1])
                            .as(what)
                            .isCloseTo(along, within(8 * least * (1 + Math.abs(along)) / temperature));
                    float[] plainX = Arrays.copyOfRange(naive.dz, 0, n * d);
                    assertThat(error(dx.values(), truth.gradients()[0]))
                            .as(what)
                            .isLessThanOrEqualTo(2 * error(plainX, truth.gradients()[0]) + 2 * least);
                    float[] plainY = Arrays.copyOfRange(naive.dz, n * d, 2 * n * d);
                    assertThat(error(dy.values(), truth.gradients()[1]))
                            .as(what)
                            .isLessThanOrEqualTo(2 * error(plainY, truth.gradients()[1]) + 2 * least);
                }
            }
        }
    }

    /** One row has no negatives: everything is 0, and so is the error. */
    private static double error(float[] actual, double[] expected) {
        boolean zero = Arrays.stream(expected).allMatch(g -> Math.abs(g) < 1e-12);
        if (!zero) {
            return Truth.error(actual, expected);
        }
        double worst = 0;
        for (float g : actual) {
            worst = Double.isNaN(g) ? Double.NaN : Math.max(worst, Math.abs(g));
        }
        return worst;
    }

    @Test
    void leadingFeaturesWithoutNormalisation() {
        int n = 20;
        int d = 70;
        int width = 37;
        double[] x = Truth.gaussian(1, n * d);
        double[] y = Truth.gaussian(2, n * d);
        LossAndGradients truth = InfoNceReference.valueAndGradients(
                leading(x, n, d, width), leading(y, n, d, width), n, width, 3, false, true);
        try (Scope scope = Scope.open()) {
            Guarded dx = Guarded.of(device, n, d);
            Guarded dy = Guarded.of(device, n, d);
            double[] result = device.backend()
                    .contrastive()
                    .infoNce(
                            Truth.tensor(device, x, n, d),
                            Truth.tensor(device, y, n, d),
                            width,
                            3,
                            false,
                            true,
                            dx.tensor(),
                            dy.tensor())
                    .run();
            assertThat(result[0]).isCloseTo(truth.loss(), within(1e-5));
            assertThat(Truth.error(leading(dx.values(), n, d, width), truth.gradients()[0]))
                    .isLessThanOrEqualTo(1e-5);
            assertThat(Truth.error(leading(dy.values(), n, d, width), truth.gradients()[1]))
                    .isLessThanOrEqualTo(1e-5);
            for (int i = 0; i < n; i++) {
                assertThat(Arrays.copyOfRange(dx.values(), i * d + width, (i + 1) * d))
                        .containsOnly(0f);
            }
        }
    }

    private static double[] leading(double[] x, int n, int d, int width) {
        double[] part = new double[n * width];
        for (int i = 0; i < n; i++) {
            System.arraycopy(x, i * d, part, i * width, width);
        }
        return part;
    }

    private static float[] leading(float[] x, int n, int d, int width) {
        float[] part = new float[n * width];
        for (int i = 0; i < n; i++) {
            System.arraycopy(x, i * d, part, i * width, width);
        }
        return part;
    }

    @ParameterizedTest
    @CsvSource({"1,1,3,0.5", "31,200,33,0.07", "129,257,64,0.2", "33,2,129,0.01"})
    void aQueueAgreesWithTheTruth(int n, int length, int d, float temperature) {
        double[] q = Truth.gaussian(n, n * d);
        double[] k = near(q, n + 1);
        double[] queue = Truth.gaussian(7, length * d);
        for (int i = 0; i < length; i++) {
            double squares = 0;
            for (int j = 0; j < d; j++) {
                squares += queue[i * d + j] * queue[i * d + j];
            }
            for (int j = 0; j < d; j++) {
                queue[i * d + j] = (float) (queue[i * d + j] / Math.sqrt(squares));
            }
        }
        int[] match = new int[n];
        for (int i = 0; i < n; i++) {
            match[i] = (i * 7 + 3) % n;
        }
        LossAndGradients truth = KeyInfoNceReference.queue(q, k, match, queue, d, temperature);
        check(
                n,
                d,
                temperature,
                truth,
                p -> new NaiveContrast(
                        new double[][] {q, k, queue}, d, true, 1, p, NaiveCriteria.queue(n, n, match, temperature)),
                (room, dq) -> room.queueInfoNce(
                                Truth.tensor(device, q, n, d),
                                Truth.tensor(device, k, n, d),
                                Tensor.ofInts(device, match, n),
                                Truth.tensor(device, queue, length, d),
                                temperature,
                                1,
                                dq)
                        .value());
    }

    @ParameterizedTest
    @CsvSource({"2,3,1", "65,31,0.2", "130,70,0.01"})
    void mocoV3AgreesWithTheTruth(int n, int d, float temperature) {
        double[] q = Truth.gaussian(n, n * d);
        // near pairs at a low temperature have gradients of 1e-20, where the truth takes 1 from 1
        double[] k = temperature < 0.1 ? Truth.gaussian(n + 1, n * d) : near(q, n + 1);
        LossAndGradients truth = KeyInfoNceReference.mocoV3(q, k, n, d, temperature);
        NaiveContrast.Criterion plain = NaiveCriteria.infoNce(n, temperature, false);
        check(
                n,
                d,
                temperature,
                truth,
                p -> new NaiveContrast(
                        new double[][] {q, k}, d, true, 1, p, NaiveCriteria.times(2 * temperature, plain)),
                (room, dq) -> room.mocoV3(Truth.tensor(device, q, n, d), Truth.tensor(device, k, n, d), temperature, dq)
                        .value());
    }

    private interface KeyLoss {
        double run(ContrastiveKeys room, Tensor dq);
    }

    private void check(
            int n,
            int d,
            float temperature,
            LossAndGradients truth,
            Function<Precision, NaiveContrast> plain,
            KeyLoss loss) {
        for (Precision precision : Precision.values()) {
            NaiveContrast naive = plain.apply(precision);
            double least = least(precision, temperature);
            double bound = 2 * Math.abs(naive.loss - truth.loss()) + least * (1 + truth.loss());
            double error = Truth.error(Arrays.copyOf(naive.dz, n * d), truth.gradients()[0]);
            List<float[]> runs = new ArrayList<>();
            for (long seed : new long[] {1, 2}) {
                try (Scope scope = Scope.open();
                        Stream stream = DeviceUnderTest.stream(device, seed)) {
                    stream.setPrecision(precision);
                    Guarded dq = Guarded.of(device, n, d);
                    assertThat(loss.run(device.backend().contrastiveKeys(stream), dq.tensor()))
                            .as("%s", precision)
                            .isCloseTo(truth.loss(), within(bound));
                    runs.add(dq.values());
                }
            }
            assertThat(Truth.error(runs.get(0), truth.gradients()[0]))
                    .as("%s", precision)
                    .isLessThanOrEqualTo(2 * error + 2 * least);
            assertThat(runs.get(1)).as("another schedule").isEqualTo(runs.get(0));
        }
    }
}
