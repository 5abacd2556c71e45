package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.backend.Optimizers.Parameters;
import io.gramian.reference.OptimizerReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OptimizersTest {
    /** Around the edges of a stretch (16384), of a vector, and nothing. */
    private static final int[] SIZES = {1, 0, 7, 16383, 16384, 16385, 40000, 33};

    private static final int STEPS = 3;
    private static final double RATE = 0.05;
    private static final double DECAY = 0.01;

    private final Device device = Device.cpu();
    private final Scope scope = Scope.open();

    @AfterEach
    void free() {
        scope.close();
    }

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

    @Test
    void momentumStepByHand() {
        Tensor p = Tensor.of(device, new float[] {1}, 1);
        Tensor g = Tensor.of(device, new float[] {2}, 1);
        Tensor m = Tensor.of(device, new float[] {4}, 1);
        // g = 2 + 0.5 * 1 = 2.5; m = 0.5 * 4 + 2.5 = 4.5; p = 1 - 0.1 * 4.5
        device.backend().optimizers().sgd(Parameters.of(List.of(p), List.of(g), 0.1, 0.5), List.of(m), 0.5, false);
        assertThat(m.item()).isEqualTo(4.5f);
        assertThat(p.item()).isCloseTo(0.55f, within(1e-7f));
        assertThat(g.item()).isEqualTo(2f);
    }

    @Test
    void firstAdamStepHasTheLengthOfTheRate() {
        Tensor p = Tensor.of(device, new float[] {1, 1}, 2);
        Tensor g = Tensor.of(device, new float[] {1e-3f, -50}, 2);
        Parameters parameters = Parameters.of(List.of(p), List.of(g), 0.1, 0);
        device.backend()
                .optimizers()
                .adam(
                        parameters,
                        List.of(Tensor.zeros(device, 2)),
                        List.of(Tensor.zeros(device, 2)),
                        0.9,
                        0.999,
                        0,
                        1,
                        false);
        assertThat(p.toFloats()[0]).isCloseTo(0.9f, within(1e-6f));
        assertThat(p.toFloats()[1]).isCloseTo(1.1f, within(1e-6f));
    }

    @Test
    void larsUpdateOfUnitVectorsIsEta() {
        Tensor p = Tensor.of(device, new float[] {3, 4}, 2);
        Tensor g = Tensor.of(device, new float[] {0, 10}, 2);
        Parameters parameters = Parameters.of(List.of(p), List.of(g), 1, 0);
        // q = 0.01 * 5 / 10 = 0.005; p[1] = 4 - 0.005 * 10
        device.backend()
                .optimizers()
                .lars(
                        parameters,
                        List.of(Tensor.zeros(device, 2)),
                        new boolean[] {true},
                        0.9,
                        0.01,
                        0,
                        LarsForm.DECAYED_NORM,
                        false);
        assertThat(p.toFloats()[0]).isEqualTo(3f);
        assertThat(p.toFloats()[1]).isCloseTo(3.95f, within(1e-6f));
    }

    @ParameterizedTest
    @EnumSource
    void agreesWithTheTruth(Kind kind) {
        State state = new State(5);
        double[][][] truth = state.toDoubles();
        for (int step = 1; step <= STEPS; step++) {
            state.newGradients(step, truth);
            run(device.backend(), kind, state, step);
            for (int t = 0; t < SIZES.length; t++) {
                reference(kind, truth, t, step);
                float[] values = state.values.get(t).toFloats();
                for (int i = 0; i < SIZES[t]; i++) {
                    assertThat((double) values[i])
                            .as("%s step %d tensor %d element %d", kind, step, t, i)
                            .isCloseTo(truth[0][t][i], within(2e-6));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void sameBitsWithEveryThreadCount(Kind kind) {
        State one = new State(6);
        State three = new State(6);
        one.newGradients(1, one.toDoubles());
        three.newGradients(1, three.toDoubles());
        run(withThreads(1), kind, one, 1);
        run(withThreads(3), kind, three, 1);
        for (int t = 0; t < SIZES.length; t++) {
            assertThat(one.values.get(t).toFloats())
                    .containsExactly(three.values.get(t).toFloats());
            assertThat(one.first.get(t).toFloats())
                    .containsExactly(three.first.get(t).toFloats());
        }
    }

    @ParameterizedTest
    @EnumSource
    void zeroTensorsMoveAndNaNShows(Kind kind) {
        State state = new State(7);
        state.newGradients(1, state.toDoubles());
        state.values.get(2).fill(0);
        Tensor bad = state.gradients.get(7);
        float[] gradient = bad.toFloats();
        gradient[5] = Float.NaN;
        bad.copyFrom(gradient);
        run(device.backend(), kind, state, 1);
        assertThat(state.values.get(2).toFloats()).doesNotContain(Float.NaN).doesNotContain(0f);
        assertThat(state.values.get(7).toFloats()[5]).isNaN();
        assertThat(state.values.get(6).toFloats()).doesNotContain(Float.NaN);
    }

    @Test
    void unadaptedTensorsTakeThePlainStep() {
        State lars = new State(8);
        State sgd = new State(8);
        lars.newGradients(1, lars.toDoubles());
        sgd.newGradients(1, sgd.toDoubles());
        device.backend()
                .optimizers()
                .lars(
                        lars.parameters(),
                        lars.first,
                        new boolean[SIZES.length],
                        0.9,
                        0.001,
                        0,
                        LarsForm.DECAYED_NORM,
                        false);
        device.backend().optimizers().sgd(sgd.parameters(), sgd.first, 0.9, false);
        for (int t = 0; t < SIZES.length; t++) {
            assertThat(lars.values.get(t).toFloats())
                    .containsExactly(sgd.values.get(t).toFloats());
        }
    }

    @Test
    void theFirstTensorThatIsNotFiniteIsFound() {
        Optimizers optimizers = device.backend().optimizers();
        State state = new State(9);
        List<Tensor> tensors = state.values;
        assertThat(optimizers.firstNotFinite(tensors)).isEqualTo(-1);
        assertThat(optimizers.firstNotFinite(List.of())).isEqualTo(-1);
        float[] extremes = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, 0, -0f, 1, 2};
        tensors.get(2).copyFrom(extremes);
        assertThat(optimizers.firstNotFinite(tensors)).isEqualTo(-1);
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int t = 0; t < SIZES.length; t++) {
                for (int at : new int[] {0, SIZES[t] / 2, SIZES[t] - 1}) {
                    if (SIZES[t] > 0) {
                        float[] values = tensors.get(t).toFloats();
                        float kept = values[at];
                        values[at] = bad;
                        tensors.get(t).copyFrom(values);
                        tensors.get(7).fill(bad); // the last of them; the first counts
                        assertThat(optimizers.firstNotFinite(tensors))
                                .as("%f in tensor %d at %d", bad, t, at)
                                .isEqualTo(t);
                        values[at] = kept;
                        tensors.get(t).copyFrom(values);
                        tensors.get(7).fill(1);
                    }
                }
            }
        }
        refuses(
                () -> optimizers.firstNotFinite(List.of(Tensor.ofInts(device, new int[] {1}, 1))),
                "tensors[0]: expected FLOAT32, got INT32 (1)");
    }

    @Test
    void refusesBadArguments() {
        Optimizers optimizers = device.backend().optimizers();
        List<Tensor> p = List.of(Tensor.zeros(device, 2, 3));
        List<Tensor> g = List.of(Tensor.zeros(device, 2, 3));
        List<Tensor> m = List.of(Tensor.zeros(device, 2, 3));
        refuses(
                () -> optimizers.sgd(Parameters.of(p, List.of(), 0.1, 0), m, 0.9, false),
                "gradients: expected 1 entries, got 0");
        refuses(
                () -> optimizers.sgd(Parameters.of(p, List.of(Tensor.zeros(device, 3, 2)), 0.1, 0), m, 0.9, false),
                "gradients[0]: expected the shape of parameters[0] (2, 3), got (3, 2)");
        refuses(
                () -> optimizers.sgd(Parameters.of(p, g, Double.NaN, 0), m, 0.9, false),
                "rates[0]: expected a finite number");
        refuses(
                () -> optimizers.sgd(Parameters.of(p, g, 0.1, -1), m, 0.9, false),
                "decays[0]: expected a finite number");
        refuses(
                () -> optimizers.sgd(Parameters.of(p, g, 0.1, 0), m, 1, false),
                "momentum: expected a number in [0, 1), got 1.0");
        refuses(() -> optimizers.sgd(Parameters.of(p, g, 0.1, 0), g, 0.9, false), "overlaps");
        refuses(
                () -> optimizers.adam(
                        Parameters.of(p, g, 0.1, 0),
                        m,
                        List.of(Tensor.zeros(device, 2, 3)),
                        0.9,
                        0.999,
                        1e-8,
                        0,
                        false),
                "step: expected at least 1, got 0");
        refuses(
                () -> optimizers.lars(
                        Parameters.of(p, g, 0.1, 0), m, new boolean[2], 0.9, 0.001, 0, LarsForm.RAW_NORM, true),
                "adapted: expected 1 entries, got 2");
        refuses(
                () -> optimizers.lars(
                        Parameters.of(p, g, 0.1, 0), m, new boolean[1], 0.9, 0.001, 0, LarsForm.DECAYED_NORM, true),
                "clip: expected LarsForm.RAW_NORM");
    }

    private static void refuses(Runnable call, String message) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    static Backend withThreads(int threads) {
        String before = System.setProperty("gramian.threads", Integer.toString(threads));
        try {
            return Backend.cpu();
        } finally {
            if (before == null) {
                System.clearProperty("gramian.threads");
            } else {
                System.setProperty("gramian.threads", before);
            }
        }
    }

    private static void run(Backend backend, Kind kind, State s, long step) {
        Optimizers optimizers = backend.optimizers();
        boolean[] adapted = new boolean[SIZES.length];
        Arrays.fill(adapted, true);
        switch (kind) {
            case SGD -> optimizers.sgd(s.parameters(), s.first, 0.9, false);
            case NESTEROV -> optimizers.sgd(s.parameters(), s.first, 0.9, true);
            case ADAM -> optimizers.adam(s.parameters(), s.first, s.second, 0.9, 0.999, 1e-8, step, false);
            case ADAM_W -> optimizers.adam(s.parameters(), s.first, s.second, 0.9, 0.999, 1e-8, step, true);
            case LARS -> optimizers.lars(s.parameters(), s.first, adapted, 0.9, 0.02, 0, LarsForm.DECAYED_NORM, false);
            case LARS_RAW ->
                optimizers.lars(s.parameters(), s.first, adapted, 0.9, 0.02, 1e-8, LarsForm.RAW_NORM, false);
            case LARS_CLIP ->
                optimizers.lars(s.parameters(), s.first, adapted, 0.9, 0.02, 1e-8, LarsForm.RAW_NORM, true);
            case LARS_CLASSIC ->
                optimizers.lars(s.parameters(), s.first, adapted, 0.9, 0.02, 0, LarsForm.CLASSIC, false);
            case LAMB -> optimizers.lamb(s.parameters(), s.first, s.second, adapted, 0.9, 0.999, 1e-6, step);
        }
    }

    private static void reference(Kind kind, double[][][] truth, int t, long step) {
        double[] p = truth[0][t];
        double[] g = truth[1][t];
        double[] m = truth[2][t];
        double[] v = truth[3][t];
        switch (kind) {
            case SGD -> OptimizerReference.sgd(p, g, m, RATE, DECAY, 0.9, false);
            case NESTEROV -> OptimizerReference.sgd(p, g, m, RATE, DECAY, 0.9, true);
            case ADAM -> OptimizerReference.adam(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-8, step);
            case ADAM_W -> OptimizerReference.adamW(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-8, step);
            case LARS -> OptimizerReference.larsDecayedNorm(p, g, m, RATE, DECAY, 0.9, 0.02);
            case LARS_RAW -> OptimizerReference.larsRawNorm(p, g, m, RATE, DECAY, 0.9, 0.02, 1e-8, false);
            case LARS_CLIP -> OptimizerReference.larsRawNorm(p, g, m, RATE, DECAY, 0.9, 0.02, 1e-8, true);
            case LARS_CLASSIC -> OptimizerReference.larsClassic(p, g, m, RATE, DECAY, 0.9, 0.02);
            case LAMB -> OptimizerReference.lamb(p, g, m, v, RATE, DECAY, 0.9, 0.999, 1e-6, step);
        }
    }

    /** Parameters, gradients and two states of every size. */
    private final class State {
        final List<Tensor> values = new ArrayList<>();
        final List<Tensor> gradients = new ArrayList<>();
        final List<Tensor> first = new ArrayList<>();
        final List<Tensor> second = new ArrayList<>();
        private final long seed;

        State(long seed) {
            this.seed = seed;
            for (int size : SIZES) {
                values.add(Tensor.of(device, random(size, seed + size), size));
                gradients.add(Tensor.zeros(device, size));
                first.add(Tensor.zeros(device, size));
                second.add(Tensor.zeros(device, size));
            }
        }

        Parameters parameters() {
            return Parameters.of(values, gradients, RATE, DECAY);
        }

        double[][][] toDoubles() {
            double[][][] all = new double[4][SIZES.length][];
            for (int t = 0; t < SIZES.length; t++) {
                all[0][t] = widen(values.get(t).toFloats());
                all[2][t] = new double[SIZES[t]];
                all[3][t] = new double[SIZES[t]];
            }
            return all;
        }

        void newGradients(int step, double[][][] truth) {
            for (int t = 0; t < SIZES.length; t++) {
                gradients.get(t).copyFrom(random(SIZES[t], 1000 * step + seed + t));
                truth[1][t] = widen(gradients.get(t).toFloats());
            }
        }

        private float[] random(int size, long randomSeed) {
            Random random = new Random(randomSeed);
            float[] x = new float[size];
            for (int i = 0; i < size; i++) {
                x[i] = (float) (0.3 * random.nextGaussian());
            }
            return x;
        }

        private double[] widen(float[] x) {
            double[] wide = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                wide[i] = x[i];
            }
            return wide;
        }
    }
}
