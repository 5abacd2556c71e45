package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.ssl.Learner;
import io.gramian.models.ssl.SslNetwork;
import io.gramian.models.ssl.Systems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every system trains as its float64 twin does: five steps with the optimiser of its recipe on fixed batches, losses and all
 * weights, averaged weights and queues compared after each.
 */
class ParityTest {
    private static final int STEPS = 5;
    private static final int N = 16;

    private final Device device = Device.cpu();

    /** A system, and settings of its own. */
    static Stream<String> cases() {
        Stream<String> all = Systems.names().stream();
        return Stream.concat(
                all,
                Stream.of(
                        "simclr views=3 loss.positives=inside",
                        "simclr batch_statistics=separate",
                        "dclw loss.form=authors",
                        "moco-v2 loss.directions=sum queue.length=40",
                        "moco-v2 queue.length=16",
                        "simsiam predictor.fixed_rate=false",
                        "byol batch_statistics=together momentum.start=0.5",
                        "moco-v3 predictor.norm_last=plain",
                        "directclr projector.out=6 loss.width=4"));
    }

    private static TrainConfig config(String text) {
        String[] words = text.split(" ");
        Map<String, String> own = new LinkedHashMap<>();
        own.put("batch", "" + N);
        own.put("epochs", "4");
        own.put("projector.hidden", words[0].equals("moco-v1") || words[0].equals("directclr") ? "[]" : "[10]");
        own.put("projector.out", words[0].equals("directclr") ? "0" : "4");
        own.put("optimizer.scale_with_batch", "false");
        own.put("schedule.warmup_epochs", "0.4");
        own.put("schedule.warmup_steps", "0");
        switch (words[0]) {
            case "wmse" -> own.put("loss.w_size", "8");
            case "lejepa" -> own.put("loss.directions", "8");
            case "directclr" -> {
                own.put("loss.width", "3");
                own.put("network.width", "8");
                own.put("network.blocks", "[1]");
            }
            case "simsiam", "byol", "moco-v3" -> own.put("predictor.hidden", "[6]");
            case "densecl" -> {
                own.put("dense.hidden", "[7]");
                own.put("dense.out", "5");
            }
            default -> {}
        }
        if (words[0].startsWith("moco-v1") || words[0].startsWith("moco-v2") || words[0].equals("densecl")) {
            own.put("queue.length", "24");
            own.put("shuffle.groups", "1");
            own.put("momentum.start", "0.9");
            own.put("momentum.end", "0.99");
        }
        for (int i = 1; i < words.length; i++) {
            String[] pair = words[i].split("=");
            own.put(pair[0], pair[1]);
        }
        ConfigResolver resolver = new ConfigResolver().option("--method", "method", words[0]);
        resolver.option("--data", "data", "idx:none,none");
        own.forEach((key, value) -> resolver.assignment(key + "=" + value));
        return resolver.resolve();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trainsAsItsTwinDoes(String text) {
        TrainConfig config = config(text);
        try (TrainState state = TrainState.initial(device, config, STEPS, () -> network(config))) {
            Learner learner = state.learner();
            long steps = STEPS * config.epochs();
            Trainer64 twin = new Trainer64(
                    config, steps, learner.tensors(), learner.parameters().keySet());
            Map<String, double[]> before = new LinkedHashMap<>();
            twin.values().forEach((name, value) -> before.put(name, value.clone()));
            boolean fixed = learner.parameters().keySet().stream().anyMatch(learner::fixedRate);
            for (int step = 0; step < STEPS; step++) {
                List<double[]> images = images(step, config.views());
                double rate = state.learningRate(step);
                double expected =
                        twin.step(images, step, rate, fixed ? config.optimizer().learningRate() : 0);
                double loss = step(state, images, step);
                assertThat(loss).as("loss of step %d", step).isCloseTo(expected, within(2e-5 * (1 + Math.abs(expected))));
                compare(step, twin.values(), before, learner.tensors());
            }
        }
    }

    private SslNetwork network(TrainConfig config) {
        return SslNetwork.of(device, new PatchBackbone(device, 3), config.settings());
    }

    private double step(TrainState state, List<double[]> images, int step) {
        try (Scope scope = Scope.open()) {
            List<Tensor> views = new ArrayList<>();
            for (double[] view : images) {
                views.add(Tensor.empty(device, N, 6, 6, 1).copyFrom(floats(view)));
            }
            state.learner().begin(step);
            Variable loss = state.learner().loss(views, step);
            double value = loss.value().item();
            loss.backward();
            state.optimise(step);
            state.learner().end(step);
            return value;
        }
    }

    /**
     * Float32 rounds each weight to 6e-8 of itself, and gradients to some 1e-6 of theirs, which momentum and batch norms
     * multiply: 1e-3 of the way that the weights have come, beside 2e-6 of their size.
     */
    private static void compare(
            int step, Map<String, double[]> expected, Map<String, double[]> before, Map<String, Tensor> actual) {
        expected.forEach((name, values) -> {
            double[] start = before.get(name);
            double[] got = Encoder64.widened(actual.get(name));
            double way = 0;
            double size = 0;
            double error = 0;
            for (int i = 0; i < values.length; i++) {
                way = Math.max(way, Math.abs(values[i] - start[i]));
                size = Math.max(size, Math.abs(values[i]));
                // not max(): NaN must not pass
                error = Math.abs(got[i] - values[i]) <= error ? error : Math.abs(got[i] - values[i]);
            }
            assertThat(error)
                    .as("%s after step %d, which went %s", name, step, way)
                    .isLessThanOrEqualTo(1e-3 * way + 2e-6 * (size + 1e-3));
        });
    }

    /** Two views of the same images: a common part and noise of their own. */
    private static List<double[]> images(int step, int views) {
        Generator common = Generator.of(100 + step);
        List<double[]> images = new ArrayList<>();
        for (int v = 0; v < views; v++) {
            Generator own = common.split(v);
            double[] view = new double[N * 36];
            for (int i = 0; i < view.length; i++) {
                view[i] = (float) (common.normal(i) + 0.5 * own.normal(i));
            }
            images.add(view);
        }
        return images;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
