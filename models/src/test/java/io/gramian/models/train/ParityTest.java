package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.models.ssl.Learner;
import io.gramian.models.ssl.Systems;
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
    private static final int STEPS = TinySystems.STEPS;

    private final Device device = Device.cpu();

    /** A system, and settings of its own. */
    static Stream<String> cases() {
        Stream<String> all = Systems.names().stream();
        return Stream.concat(
                all,
                Stream.of(
                        "simclr views=3 loss.positives=inside",
                        "simclr batch_statistics=separate",
                        "wmse views=4",
                        "lejepa views=3",
                        "dclw loss.form=authors",
                        "moco-v2 loss.directions=sum queue.length=40",
                        "moco-v2 queue.length=16",
                        "simsiam predictor.fixed_rate=false",
                        "byol batch_statistics=together momentum.start=0.5",
                        "moco-v3 predictor.norm_last=plain",
                        // a batch norm in the projector would leave the last layer norm's offsets nothing but rounding
                        // errors for a gradient; those of keys have no other, which Adam without eps would blow up
                        "moco-v3 network.architecture=vit-tiny projector.norm=false",
                        "moco-v3 network.architecture=vit-tiny network.frozen_patches=true projector.norm=false"
                                + " optimizer.name=adamw optimizer.learning_rate=0.001 optimizer.adam_eps=1e-3"
                                + " optimizer.weight_decay=0.1",
                        "moco-v3 network.architecture=vit-tiny projector.norm=false optimizer.name=lamb"
                                + " optimizer.learning_rate=0.02 optimizer.adam_eps=1e-3 optimizer.weight_decay=0.1",
                        "directclr projector.out=6 loss.width=4",
                        "simclr clip=0.05 optimizer.lars_form=decayed-norm",
                        "simclr optimizer.lars_form=raw-norm optimizer.bias_factor=0.1",
                        "simclr clip=100 optimizer.name=lamb optimizer.learning_rate=0.02",
                        "vicreg clip=2 optimizer.name=adamw optimizer.learning_rate=0.001 optimizer.exclude=vectors",
                        "wmse optimizer.name=sgd optimizer.learning_rate=0.01 optimizer.exclude=vectors clip=0.1",
                        "vicreg optimizer.name=sgd optimizer.learning_rate=0.01 optimizer.weight_decay=0.5"
                                + " optimizer.exclude=backbone.conv,projector",
                        "byol optimizer.rates=predictor:3,backbone.conv:0.5"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trainsAsItsTwinDoes(String text) {
        TrainConfig config = TinySystems.config(text);
        try (TrainState state = TinySystems.start(device, config)) {
            Learner learner = state.learner();
            long steps = STEPS * config.epochs();
            Trainer64 twin = new Trainer64(
                    config, steps, learner.tensors(), learner.parameters().keySet());
            Map<String, double[]> before = new LinkedHashMap<>();
            twin.values().forEach((name, value) -> before.put(name, value.clone()));
            boolean fixed = learner.parameters().keySet().stream().anyMatch(learner::fixedRate);
            for (int step = 0; step < STEPS; step++) {
                List<double[]> images = TinySystems.images(step, config.views());
                double rate = state.learningRate(step);
                double expected =
                        twin.step(images, step, rate, fixed ? config.optimizer().learningRate() : 0);
                double loss = TinySystems.step(state, device, images, step);
                assertThat(loss)
                        .as("loss of step %d", step)
                        .isCloseTo(expected, within(2e-5 * (1 + Math.abs(expected))));
                compare(step, twin.values(), before, learner.tensors());
            }
        }
    }

    /**
     * Float32 rounds each weight to 6e-8 of itself, and gradients to some 1e-6 of theirs, which momentum and batch norms
     * multiply: 1e-3 of the way that the weights have come, beside 2e-6 of their size.
     */
    private static void compare(
            int step, Map<String, double[]> expected, Map<String, double[]> before, Map<String, Tensor> actual) {
        assertThat(expected).isNotEmpty();
        expected.forEach((name, values) -> {
            double[] start = before.get(name);
            double[] got = Encoder64.widened(actual.get(name));
            assertThat(got).as(name).hasSameSizeAs(values);
            double way = 0;
            double size = 0;
            double error = 0;
            for (int i = 0; i < values.length; i++) {
                way = Math.max(way, Math.abs(values[i] - start[i]));
                size = Math.max(size, Math.abs(values[i]));
                error = Math.max(error, Math.abs(got[i] - values[i])); // NaN stays
            }
            assertThat(error)
                    .as("%s after step %d, which went %s", name, step, way)
                    .isLessThanOrEqualTo(1e-3 * way + 2e-6 * (size + 1e-3));
        });
    }
}
