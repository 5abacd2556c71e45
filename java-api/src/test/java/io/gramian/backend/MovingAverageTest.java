package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.OptimizerReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MovingAverageTest {
    /** Around the edges of a stretch (16384), of a vector, and nothing. */
    private static final int[] SIZES = {1, 0, 7, 16383, 16384, 16385, 40000, 33};

    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.004, 0.5, 0.996, 1})
    void agreesWithTheTruthForEveryNumberOfThreads(double momentum) {
        List<Tensor> online = random(1);
        float[][] expected = new float[SIZES.length][];
        for (int threads = 1; threads <= 3; threads++) {
            List<Tensor> targets = random(2);
            double[][] truth = new double[SIZES.length][];
            for (int t = 0; t < SIZES.length; t++) {
                truth[t] = widen(targets.get(t));
            }
            try (Stream stream = device.backend().newStream(threads)) {
                for (int step = 0; step < 3; step++) {
                    device.backend().optimizers(stream).movingAverage(targets, online, momentum);
                }
            }
            for (int t = 0; t < SIZES.length; t++) {
                for (int step = 0; step < 3; step++) {
                    OptimizerReference.movingAverage(truth[t], widen(online.get(t)), momentum);
                }
                float[] values = targets.get(t).toFloats();
                double worst = 0;
                for (int i = 0; i < values.length; i++) {
                    worst = Math.max(worst, Math.abs(values[i] - truth[t][i])); // NaN stays
                }
                assertThat(worst).isLessThanOrEqualTo(5e-7);
                if (momentum == 0) {
                    assertThat(values).isEqualTo(online.get(t).toFloats());
                }
                expected[t] = threads == 1 ? values : expected[t];
                assertThat(values).isEqualTo(expected[t]);
            }
        }
    }

    /** 1000 steps with a momentum that is no float32: the plain formula would leave the value. */
    @Test
    void doesNotDrift() {
        Tensor target = Tensor.of(device, new float[] {0.7f, -3}, 2);
        Tensor online = target.copy();
        for (int step = 0; step < 1000; step++) {
            device.backend().optimizers().movingAverage(List.of(target), List.of(online), 0.996);
        }
        assertThat(target.toFloats()).containsExactly(0.7f, -3);
    }

    @Test
    void theEndsOfTheRangeAndNaN() {
        Optimizers optimizers = device.backend().optimizers();
        Tensor target = Tensor.of(device, new float[] {Float.NaN, 0.1f, 3}, 3);
        Tensor online = Tensor.of(device, new float[] {0.1f, Float.POSITIVE_INFINITY, Float.NaN}, 3);
        optimizers.movingAverage(List.of(target), List.of(online), 1);
        assertThat(target.toFloats()).containsExactly(Float.NaN, 0.1f, 3);
        optimizers.movingAverage(List.of(target), List.of(online), 0.9);
        assertThat(target.toFloats()).containsExactly(Float.NaN, Float.POSITIVE_INFINITY, Float.NaN);
        optimizers.movingAverage(List.of(target), List.of(online), 0);
        assertThat(target.toFloats()).containsExactly(0.1f, Float.POSITIVE_INFINITY, Float.NaN);
        optimizers.movingAverage(List.of(), List.of(), 0.5);
    }

    @Test
    void refusesBadArguments() {
        Optimizers optimizers = device.backend().optimizers();
        Tensor x = Tensor.zeros(device, 4);
        Tensor y = Tensor.zeros(device, 4);
        for (double bad : new double[] {-1e-9, 1 + 1e-9, Double.NaN, Double.POSITIVE_INFINITY}) {
            refuses(
                    () -> optimizers.movingAverage(List.of(x), List.of(y), bad),
                    "momentum: expected a number in [0, 1], got " + bad);
        }
        refuses(() -> optimizers.movingAverage(List.of(x), List.of(x), 0.5), "overlaps");
        refuses(() -> optimizers.movingAverage(List.of(x.rows(0, 3)), List.of(x.rows(1, 4)), 0.5), "overlaps");
        refuses(() -> optimizers.movingAverage(List.of(x), List.of(), 0.5), "online: expected 1 entries, got 0");
        refuses(
                () -> optimizers.movingAverage(List.of(x), List.of(y.reshape(2, 2)), 0.5),
                "online[0]: expected the shape of targets[0] (4), got (2, 2)");
        refuses(
                () -> optimizers.movingAverage(List.of(Tensor.ofInts(device, new int[4], 4)), List.of(y), 0.5),
                "targets[0]: expected FLOAT32, got INT32 (4)");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private List<Tensor> random(long seed) {
        Random random = new Random(seed);
        List<Tensor> tensors = new ArrayList<>();
        for (int size : SIZES) {
            float[] x = new float[size];
            for (int i = 0; i < size; i++) {
                x[i] = (float) random.nextGaussian();
            }
            tensors.add(Tensor.of(device, x, size));
        }
        return tensors;
    }

    private static double[] widen(Tensor tensor) {
        float[] x = tensor.toFloats();
        double[] wide = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            wide[i] = x[i];
        }
        return wide;
    }
}
