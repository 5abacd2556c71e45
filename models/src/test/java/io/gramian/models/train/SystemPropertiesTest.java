package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.models.ssl.Learner;
import io.gramian.models.ssl.SslNetwork;
import io.gramian.reference.CrossCorrelationReference;
import io.gramian.reference.NormalizeRowsReference;
import io.gramian.spectrum.Spectrum;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the papers say of their systems. */
class SystemPropertiesTest {
    private static final int N = TinySystems.N;

    private final Device device = Device.cpu();

    @Test
    void withoutTheStopGradientSimSiamCollapses() {
        String simSiam = "simsiam projector.norm_last=none optimizer.learning_rate=0.1 schedule.name=constant"
                + " predictor.fixed_rate=false epochs=400 loss.stop_gradient=";
        double with = deviation(simSiam + "true");
        double without = deviation(simSiam + "false");
        double healthy = 1 / Math.sqrt(4);
        assertThat(with).isGreaterThan(0.3 * healthy);
        assertThat(without).isLessThan(0.05 * healthy);
    }

    /** Mean over dimensions of the deviation of unit embeddings after training. */
    private double deviation(String text) {
        TrainConfig config = TinySystems.config(text);
        try (Scope scope = Scope.open();
                TrainState state = TinySystems.start(device, config)) {
            for (int step = 0; step < 300; step++) {
                TinySystems.step(state, device, TinySystems.images(step % 20, 2), step);
            }
            Tensor z = embeddings(state.network(), TinySystems.images(500, 1)).get(0);
            return Arrays.stream(Spectrum.unitRowDeviations(z)).average().orElse(Double.NaN);
        }
    }

    private List<Tensor> embeddings(SslNetwork network, List<double[]> images) {
        return Autograd.noGrad(() -> TinySystems.tensors(device, images).stream()
                .map(view -> network.forward(Variable.constant(view)).value())
                .toList());
    }

    @Test
    void barlowTwinsCorrelationTendsToTheIdentity() {
        TrainConfig config = TinySystems.config(
                "barlow-twins optimizer.name=sgd optimizer.learning_rate=0.05 loss.lambda=1 schedule.name=constant");
        try (Scope scope = Scope.open();
                TrainState state = TinySystems.start(device, config)) {
            double before = fromIdentity(state.network());
            for (int step = 0; step < 300; step++) {
                TinySystems.step(state, device, TinySystems.images(0, 2), step);
            }
            assertThat(fromIdentity(state.network())).isLessThan(0.05 * before);
        }
    }

    /** Sum of squares of C - I for the first batch. */
    private double fromIdentity(SslNetwork network) {
        List<Tensor> z = embeddings(network, TinySystems.images(0, 2));
        double[] c = CrossCorrelationReference.value(
                Encoder64.widened(z.get(0)), Encoder64.widened(z.get(1)), N, 4, 4, 1e-5);
        double sum = 0;
        for (int i = 0; i < c.length; i++) {
            double difference = c[i] - (i % 5 == 0 ? 1 : 0);
            sum += difference * difference;
        }
        return sum;
    }

    @Test
    void directClrTouchesOnlyItsFeatures() {
        TrainConfig config = TinySystems.config("directclr");
        try (Scope scope = Scope.open();
                TrainState state = TinySystems.start(device, config)) {
            state.learner()
                    .loss(TinySystems.tensors(device, TinySystems.images(0, 2)), 0)
                    .backward();
            // each feature has a kernel and a batch norm of its own
            Map<String, Variable> parameters = state.learner().parameters();
            for (String name : List.of("backbone.conv.weight", "backbone.norm.weight", "backbone.norm.bias")) {
                float[] gradient = gradient(parameters, name);
                int each = gradient.length / PatchBackbone.FEATURES;
                for (int feature = 0; feature < PatchBackbone.FEATURES; feature++) {
                    float[] own = Arrays.copyOfRange(gradient, feature * each, (feature + 1) * each);
                    if (feature < 3) {
                        assertThat(own).as(name).doesNotContain(0f);
                    } else {
                        assertThat(own).as(name).containsOnly(0f);
                    }
                }
            }
        }
    }

    private static float[] gradient(Map<String, Variable> parameters, String name) {
        Variable parameter = Objects.requireNonNull(parameters.get(name));
        return Objects.requireNonNull(parameter.grad()).toFloats();
    }

    /** The forward and the backward pass leave momentum encoders and queues as they are, whatever the direction. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "byol",
                "moco-v1",
                "moco-v2 shuffle.groups=4",
                "moco-v2 loss.directions=sum queue.length=40",
                "moco-v2-plus",
                "moco-v3",
                "densecl"
            })
    void keysGetNoGradientAndEnterTheQueueAfterTheLoss(String text) {
        TrainConfig config = TinySystems.config(text);
        try (Scope scope = Scope.open();
                TrainState state = TinySystems.start(device, config)) {
            TinySystems.step(state, device, TinySystems.images(0, 2), 0);
            Learner learner = state.learner();
            learner.begin(1);
            Map<String, float[]> before = frozen(learner);
            List<Tensor> views = TinySystems.tensors(device, TinySystems.images(1, 2));
            double first = learner.loss(views, 1).value().item();
            Variable again = learner.loss(views, 1);
            assertThat(again.value().item()).isEqualTo((float) first);
            again.backward();
            state.optimise(1);
            frozen(learner)
                    .forEach((name, values) -> assertThat(values).as(name).isEqualTo(before.get(name)));
            learner.end(1);
            Map<String, float[]> after = frozen(learner);
            after.forEach((name, values) -> {
                if (name.contains("queue") || text.equals("byol")) {
                    assertThat(values).as(name).isNotEqualTo(before.get(name));
                }
            });
            assertThat(after).isNotEmpty();
        }
    }

    /** What gradients do not train and forward passes do not gather. */
    private static Map<String, float[]> frozen(Learner learner) {
        Map<String, float[]> values = new LinkedHashMap<>();
        learner.tensors().forEach((name, tensor) -> {
            if (!learner.parameters().containsKey(name) && !name.contains("running_")) {
                values.put(name, tensor.toFloats());
            }
        });
        return values;
    }

    @Test
    void theQueueHoldsTheLastKeys() {
        int length = 40;
        TrainConfig config = TinySystems.config("moco-v2 queue.length=" + length);
        float[] expected = new float[length * 4];
        try (Scope scope = Scope.open();
                SslNetwork momentum = TinySystems.network(device, config);
                TrainState state = TinySystems.start(device, config)) {
            for (int step = 0; step < 4; step++) {
                List<double[]> images = TinySystems.images(step, 2);
                TinySystems.step(state, device, images, step);
                // the momentum encoder moved before its keys were made, and not since
                Map<String, Tensor> tensors = state.learner().tensors();
                momentum.weights()
                        .forEach((name, tensor) ->
                                tensor.copyFrom(Objects.requireNonNull(tensors.get("momentum." + name))));
                Tensor keys = embeddings(momentum, images).get(1);
                double[] unit = NormalizeRowsReference.value(Encoder64.widened(keys), N, 4, 1e-12);
                for (int i = 0; i < unit.length; i++) {
                    expected[(step * N * 4 + i) % expected.length] = (float) unit[i];
                }
            }
            float[] queue = Objects.requireNonNull(state.learner().tensors().get("queue"))
                    .toFloats();
            assertThat(queue).usingComparatorWithPrecision(1e-6f).containsExactly(expected);
        }
    }

    /** Chen et al. 2021, section 4.2: a random patch projection, in the momentum encoder too; all else learns. */
    @Test
    void mocoV3sFrozenPatchProjectionDoesNotMove() {
        TrainConfig config = TinySystems.config("moco-v3 network.architecture=vit-tiny network.frozen_patches=true"
                + " optimizer.name=adamw optimizer.learning_rate=0.001 optimizer.weight_decay=0.1 momentum.start=0.5");
        try (TrainState state = TinySystems.start(device, config)) {
            Learner learner = state.learner();
            Map<String, float[]> before = new LinkedHashMap<>();
            learner.tensors().forEach((name, tensor) -> before.put(name, tensor.toFloats()));
            for (int step = 0; step < 5; step++) {
                TinySystems.step(state, device, TinySystems.images(step, 2), step);
            }
            assertThat(learner.parameters().keySet()).noneMatch(name -> name.contains("patch_embed"));
            before.forEach((name, values) -> {
                float[] now = learner.tensors().get(name).toFloats();
                if (name.contains("patch_embed") || name.endsWith("pos_embed")) {
                    assertThat(now).as(name).isEqualTo(values);
                } else {
                    assertThat(now).as(name).isNotEqualTo(values);
                }
            });
            assertThat(before)
                    .containsKeys("backbone.patch_embed.proj.weight", "momentum.backbone.patch_embed.proj.weight");
        }
    }
}
