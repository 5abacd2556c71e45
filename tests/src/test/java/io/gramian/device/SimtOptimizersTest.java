package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Optimizers;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.backend.Optimizers.Parameters;
import io.gramian.backend.Stream;
import io.gramian.reference.OptimizerReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The optimisers of the CUDA sources on the SIMT executor, against the float64 truth. */
class SimtOptimizersTest {
    private static final double RATE = 0.05;
    private static final double DECAY = 0.01;
    private static final int STEPS = 2;

    private final Device device = DeviceUnderTest.get();

    enum Kind {
        SGD,
        NESTEROV,
        ADAM,
        ADAM_W,
        LARS,
        LARS_RAW,
        LARS_CLIP,
        LARS_CLASSIC,
        LAMB
    }

    /** Around the edges of a stretch (4096), nothing, and more tensors than one launch takes (64). */
    private static int[] sizes() {
        int[] sizes = new int[70];
        Arrays.fill(sizes, 5);
        int[] edges = {1, 0, 7, 4095, 4096, 4097, 9000, 33};
        System.arraycopy(edges, 0, sizes, 60, edges.length);
        return sizes;
    }

    @ParameterizedTest
    @EnumSource
    void agreesWithTheTruth(Kind kind) {
        int[] sizes = sizes();
        double[][][] truth = new double[4][sizes.length][]; // parameter, gradient, first and second state
        try (Scope scope = Scope.open()) {
            List<List<Guarded>> arrays = new ArrayList<>();
            for (int a = 0; a < 4; a++) {
                arrays.add(new ArrayList<>());
                for (int t = 0; t < sizes.length; t++) {
                    truth[a][t] = a == 0 ? scaled(t, sizes[t]) : new double[sizes[t]];
                    arrays.get(a).add(Guarded.of(device, sizes[t]));
                    copy(truth[a][t], arrays.get(a).get(t).tensor());
                }
            }
            for (int step = 1; step <= STEPS; step++) {
                for (int t = 0; t < sizes.length; t++) {
                    truth[1][t] = scaled(1000L * step + t, sizes[t]);
                    copy(truth[1][t], arrays.get(1).get(t).tensor());
                }
                run(device.backend().optimizers(), kind, arrays, step);
                for (int t = 0; t < sizes.length; t++) {
                    reference(kind, truth, t, step);
                    double[] p = truth[0][t];
                    assertThat(Truth.error(arrays.get(0).get(t).values(), p))
                            .as("%s, step %d, tensor %d", kind, step, t)
                            .isLessThanOrEqualTo(3e-6);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1, 0.996, 1})
    void movingAveragesAgreeWithTheTruthInEverySchedule(double momentum) {
        int[] sizes = sizes();
        float[][] first = new float[sizes.length][];
        for (long seed : new long[] {3, 4}) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                List<Guarded> targets = new ArrayList<>();
                List<Tensor> online = new ArrayList<>();
                for (int t = 0; t < sizes.length; t++) {
                    targets.add(Guarded.of(device, sizes[t]));
                    copy(scaled(t, sizes[t]), targets.get(t).tensor());
                    online.add(Truth.tensor(device, scaled(100L + t, sizes[t]), sizes[t]));
                }
                device.backend().optimizers(stream).movingAverage(tensors(targets), online, momentum);
                for (int t = 0; t < sizes.length; t++) {
                    double[] truth = scaled(t, sizes[t]);
                    OptimizerReference.movingAverage(truth, scaled(100L + t, sizes[t]), momentum);
                    float[] values = targets.get(t).values();
                    assertThat(Truth.error(values, truth)).isLessThanOrEqualTo(2e-7);
                    first[t] = seed == 3 ? values : first[t];
                    assertThat(values).isEqualTo(first[t]);
                }
            }
        }
    }

    @Test
    void theFirstTensorThatIsNotFiniteIsFound() {
        int[] sizes = sizes();
        Optimizers optimizers = device.backend().optimizers();
        try (Scope scope = Scope.open()) {
            List<Tensor> tensors = new ArrayList<>();
            for (int t = 0; t < sizes.length; t++) {
                tensors.add(Truth.tensor(device, scaled(t, sizes[t]), sizes[t]));
            }
            assertThat(optimizers.firstNotFinite(tensors)).isEqualTo(-1);
            assertThat(optimizers.firstNotFinite(List.of())).isEqualTo(-1);
            tensors.get(3).copyFrom(new float[] {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, 0, -0f});
            assertThat(optimizers.firstNotFinite(tensors)).isEqualTo(-1);
            float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
            for (int t = sizes.length - 1; t >= 0; t -= t > 60 ? 1 : 20) { // an earlier one each time
                if (sizes[t] > 0) {
                    float[] values = tensors.get(t).toFloats();
                    values[values.length - 1] = bad[t % 3];
                    tensors.get(t).copyFrom(values);
                    assertThat(optimizers.firstNotFinite(tensors)).isEqualTo(t);
                }
            }
        }
    }

    /** A limit above the norm, one below, and none; the same bits in every schedule. */
    @ParameterizedTest
    @ValueSource(doubles = {1e3, 0.7, Double.POSITIVE_INFINITY})
    void gradientsAreScaledToTheirNormInEverySchedule(double most) {
        int[] sizes = sizes();
        double[][] truth = new double[sizes.length][];
        for (int t = 0; t < sizes.length; t++) {
            truth[t] = scaled(t, sizes[t]);
        }
        double expected = OptimizerReference.clip(truth, most);
        double[] norms = new double[2];
        float[][] first = new float[sizes.length][];
        for (int run = 0; run < 2; run++) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, 3 + run)) {
                List<Guarded> gradients = new ArrayList<>();
                for (int t = 0; t < sizes.length; t++) {
                    gradients.add(Guarded.of(device, sizes[t]));
                    copy(scaled(t, sizes[t]), gradients.get(t).tensor());
                }
                norms[run] = device.backend().optimizers(stream).gradients().clip(tensors(gradients), most);
                for (int t = 0; t < sizes.length; t++) {
                    float[] values = gradients.get(t).values();
                    assertThat(Truth.error(values, truth[t])).isLessThanOrEqualTo(2e-7);
                    first[t] = run == 0 ? values : first[t];
                    assertThat(values).isEqualTo(first[t]);
                }
            }
        }
        assertThat(norms[0]).isCloseTo(expected, within(1e-12 * expected)).isEqualTo(norms[1]);
    }

    @Test
    void aNormThatIsNoNumberScalesNothing() {
        try (Scope scope = Scope.open()) {
            Tensor bad = Truth.tensor(device, scaled(1, 33), 33);
            float[] values = bad.toFloats();
            values[7] = Float.NaN;
            bad.copyFrom(values);
            Tensor good = Truth.tensor(device, scaled(2, 5000), 5000);
            float[] before = good.toFloats();
            assertThat(device.backend().optimizers().gradients().clip(List.of(good, bad), 0.1))
                    .isNaN();
            values[7] = Float.NEGATIVE_INFINITY;
            bad.copyFrom(values);
            assertThat(device.backend().optimizers().gradients().clip(List.of(good, bad), 0.1))
                    .isEqualTo(Double.POSITIVE_INFINITY);
            assertThat(good.toFloats()).isEqualTo(before);
        }
    }

    private static double[] scaled(long seed, int count) {
        return DoubleStream.of(Truth.gaussian(seed, count))
                .map(x -> (float) (0.3 * x))
                .toArray();
    }

    private static void copy(double[] values, Tensor to) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        to.copyFrom(floats);
    }

    private static List<Tensor> tensors(List<Guarded> arrays) {
        return arrays.stream().map(Guarded::tensor).toList();
    }

    /** Every third tensor has no trust ratio. */
    private static boolean adapts(int t) {
        return t % 3 != 0;
    }

    private static void run(Optimizers optimizers, Kind kind, List<List<Guarded>> arrays, long step) {
        List<Tensor> first = tensors(arrays.get(2));
        List<Tensor> second = tensors(arrays.get(3));
        Parameters parameters = Parameters.of(tensors(arrays.get(0)), tensors(arrays.get(1)), RATE, DECAY);
        boolean[] adapted = new boolean[first.size()];
        for (int t = 0; t < adapted.length; t++) {
            adapted[t] = adapts(t);
        }
        switch (kind) {
            case SGD -> optimizers.sgd(parameters, first, 0.9, false);
            case NESTEROV -> optimizers.sgd(parameters, first, 0.9, true);
            case ADAM -> optimizers.adam(parameters, first, second, 0.9, 0.999, 1e-8, step, false);
            case ADAM_W -> optimizers.adam(parameters, first, second, 0.9, 0.999, 1e-8, step, true);
            case LARS -> optimizers.lars(parameters, first, adapted, 0.9, 0.02, 0, LarsForm.DECAYED_NORM, false);
            case LARS_RAW -> optimizers.lars(parameters, first, adapted, 0.9, 0.02, 1e-8, LarsForm.RAW_NORM, false);
            case LARS_CLIP -> optimizers.lars(parameters, first, adapted, 0.9, 0.02, 1e-8, LarsForm.RAW_NORM, true);
            case LARS_CLASSIC -> optimizers.lars(parameters, first, adapted, 0.9, 0.02, 0, LarsForm.CLASSIC, false);
            case LAMB -> optimizers.lamb(parameters, first, second, adapted, 0.9, 0.999, 1e-6, step);
        }
    }

    private static void reference(Kind kind, double[][][] truth, int t, long step) {
        double[] p = truth[0][t];
        double[] g = truth[1][t];
        double[] m = truth[2][t];
        double[] v = truth[3][t];
        boolean plain = !adapts(t);
        switch (kind) {
            case SGD -> OptimizerReference.sgd(p, g, m, RATE, DECAY, 0.9, false);
            case NESTEROV -> OptimizerReference.sgd(p, g, m, RATE, DECAY, 0.9, true);
            case ADAM -> OptimizerReference.adam(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-8, step);
            case ADAM_W -> OptimizerReference.adamW(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-8, step);
            case LARS_CLASSIC -> {
                if (plain) {
                    // the momentum gathers rate times gradient
                    double[] scaled = new double[p.length];
                    for (int i = 0; i < p.length; i++) {
                        scaled[i] = RATE * (g[i] + DECAY * p[i]);
                    }
                    OptimizerReference.sgd(p, scaled, m, 1, 0, 0.9, false);
                } else {
                    OptimizerReference.larsClassic(p, g, m, RATE, DECAY, 0.9, 0.02);
                }
            }
            case LARS, LARS_RAW, LARS_CLIP -> {
                if (plain) {
                    OptimizerReference.sgd(p, g, m, RATE, DECAY, 0.9, false);
                } else if (kind == Kind.LARS) {
                    OptimizerReference.larsDecayedNorm(p, g, m, RATE, DECAY, 0.9, 0.02);
                } else {
                    OptimizerReference.larsRawNorm(p, g, m, RATE, DECAY, 0.9, 0.02, 1e-8, kind == Kind.LARS_CLIP);
                }
            }
            case LAMB -> {
                if (plain) {
                    // with a trust ratio of 1, LAMB is AdamW whose decay acts beside the direction
                    OptimizerReference.adamW(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-6, step);
                } else {
                    OptimizerReference.lamb(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-6, step);
                }
            }
        }
    }
}
