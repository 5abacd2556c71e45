package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.optim.MovingAverage;
import io.gramian.autograd.optim.Sgd;
import io.gramian.backend.Graph;
import io.gramian.backend.Precision;
import io.gramian.backend.Stream;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.backbone.VisionTransformer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Weights of layers with bfloat16 activations, on the SIMT device: rounded once a step, whatever the number of views and passes,
 * and always from what they are. The version of a copy counts how often it was written.
 */
class SimtRoundedWeightsTest {
    private static final int IMAGES = 3;
    private static final int SIDE = 8;
    private static final Pattern ROUNDED = Pattern.compile("conv|downsample.0|attn.*weight|mlp.*weight");

    private final Device device = DeviceUnderTest.get();
    private final Stream stream = device.backend().stream();

    @BeforeEach
    void round() {
        stream.setLayerPrecision(Precision.BFLOAT16);
    }

    @AfterEach
    void roundNoMore() {
        stream.setLayerPrecision(Precision.FLOAT32);
    }

    /** A trained network and one that follows it, shown two views. */
    private final class Pair implements AutoCloseable {
        final Backbone online;
        final Backbone target;
        final MovingAverage average;
        final Sgd sgd;
        final Tensor[] views = new Tensor[2];
        final Tensor seed;

        Pair(String kind) {
            online = network(kind);
            target = network(kind);
            average = new MovingAverage(target, online, MovingAverage.Buffers.OWN);
            average.start();
            sgd = new Sgd(online.parameters(), new Sgd.Settings(0.9, 0, false));
            for (int v = 0; v < views.length; v++) {
                views[v] = Truth.tensor(device, Truth.gaussian(v, IMAGES * SIDE * SIDE * 3), IMAGES, SIDE, SIDE, 3);
            }
            seed = Truth.tensor(device, Truth.gaussian(9, IMAGES * online.features()), IMAGES, online.features());
        }

        private Backbone network(String kind) {
            return kind.equals("resnet")
                    ? ResNet.withDepths(device, new ResNet.Settings(Stem.CIFAR, 8, 3, false), List.of(1, 1), 5)
                    : new VisionTransformer(device, new VisionTransformer.Settings(SIDE, 4, 3, 16, 2, 2, false), 3);
        }

        /** Features of all passes, and all gradients, in the scope around; views pass one by one. */
        List<Tensor> pass() {
            online.parameters().values().forEach(Variable::clearGradient);
            List<Tensor> results = new ArrayList<>();
            try (Scope scope = Scope.open()) {
                List<Variable> features = new ArrayList<>();
                for (Tensor view : views) {
                    results.add(scope.keep(Autograd.noGrad(() -> target.forward(Variable.constant(view)))
                            .value()));
                    features.add(online.forward(Variable.constant(view)));
                    results.add(
                            scope.keep(features.get(features.size() - 1).value().copy()));
                }
                Add.apply(features.get(0), features.get(1)).backward(seed.copy());
                for (Variable parameter : online.parameters().values()) {
                    results.add(
                            scope.keep(Objects.requireNonNull(parameter.grad()).copy()));
                }
            }
            return results;
        }

        /** The copies that products read, by network and name. */
        Map<String, Tensor> copies() {
            Map<String, Tensor> copies = new LinkedHashMap<>();
            for (Map.Entry<String, Variable> entry : weights().entrySet()) {
                copies.put(entry.getKey(), entry.getValue().operand(DType.BFLOAT16));
            }
            return copies;
        }

        Map<String, Variable> weights() {
            Map<String, Variable> weights = new LinkedHashMap<>();
            online.parameters().forEach((name, weight) -> weights.put("online " + name, weight));
            target.parameters().forEach((name, weight) -> weights.put("target " + name, weight));
            weights.keySet().removeIf(name -> !ROUNDED.matcher(name).find());
            assertThat(weights).hasSizeGreaterThanOrEqualTo(12);
            return weights;
        }

        /** The copies hold the weights as they are. */
        void check(Map<String, Tensor> copies) {
            weights().forEach((name, weight) -> assertThat(
                            Objects.requireNonNull(copies.get(name)).toFloats())
                    .as(name)
                    .isEqualTo(NaiveProducts.rounded(weight.value().toFloats(), Precision.BFLOAT16)));
        }

        /** Whatever changes weights: a step of the optimiser, the moving average, a user, a file. */
        void change(int how) {
            switch (how) {
                case 0 -> sgd.step(0.1);
                case 1 -> average.update(0.5);
                case 2 ->
                    weights().values().forEach(weight -> {
                        Tensor value = weight.value();
                        device.backend().linearAlgebra().scale(1.25f, value, value);
                    });
                default ->
                    weights().values().forEach(weight -> {
                        float[] values = weight.value().toFloats();
                        for (int i = 0; i < values.length; i++) {
                            values[i] = values[values.length - 1 - i];
                        }
                        weight.value().copyFrom(values);
                    });
            }
        }

        @Override
        public void close() {
            sgd.close();
            online.close();
            target.close();
        }
    }

    private static Map<String, Long> versions(Map<String, Tensor> copies) {
        Map<String, Long> versions = new LinkedHashMap<>();
        copies.forEach((name, copy) -> versions.put(name, copy.version()));
        return versions;
    }

    private static void checkBits(List<Tensor> actual, List<Tensor> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).toFloats())
                    .as("result %d", i)
                    .doesNotContain(Float.NaN)
                    .isEqualTo(expected.get(i).toFloats());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"resnet", "vit"})
    void onceAStepAndFromWhatTheyAre(String kind) {
        try (Scope scope = Scope.open();
                Pair pair = new Pair(kind)) {
            pair.pass();
            Map<String, Tensor> copies = pair.copies();
            copies.forEach((name, copy) -> assertThat(copy.version()).as(name).isEqualTo(1));
            for (int how = 0; how < 4; how++) {
                pair.change(how);
                Map<String, Long> before = versions(copies);
                pair.pass();
                Map<String, Tensor> now = pair.copies();
                int changed = how;
                now.forEach((name, copy) -> {
                    assertThat(copy).as(name).isSameAs(copies.get(name));
                    boolean moved = changed >= 2 || name.startsWith(changed == 0 ? "online" : "target");
                    assertThat(copy.version() - Objects.requireNonNull(before.get(name)))
                            .as("%s, change %d", name, changed)
                            .isEqualTo(moved ? 1 : 0);
                });
                pair.check(copies);
            }
        }
    }

    /** The graph has one rounding of each weight, and every launch the weights of then; what runs beside it too. */
    @ParameterizedTest
    @ValueSource(strings = {"resnet", "vit"})
    void onceALaunchOfAGraph(String kind) {
        try (Scope scope = Scope.open();
                Pair pair = new Pair(kind)) {
            pair.pass();
            Map<String, Tensor> copies = pair.copies();
            Map<String, Long> before = versions(copies);
            List<Tensor> results = new ArrayList<>();
            try (Graph graph = stream.capture(() -> results.addAll(pair.pass()))) {
                copies.forEach((name, copy) -> assertThat(copy.version() - Objects.requireNonNull(before.get(name)))
                        .as(name)
                        .isEqualTo(1));
                pair.pass(); // gradients for the optimiser
                for (int how = 0; how < 4; how++) {
                    pair.change(how);
                    graph.launch();
                    pair.check(copies);
                    checkBits(results, pair.pass());
                }
            }
        }
    }

    /** A launch announces nothing of what it writes. */
    @Test
    void weightsThatAGraphWritesAreSeen() {
        try (Scope scope = Scope.open()) {
            Variable weight = Variable.parameter(Truth.tensor(device, Truth.gaussian(1, 35), 5, 7));
            Tensor value = weight.value();
            try (Graph graph =
                    stream.capture(() -> device.backend().linearAlgebra().scale(1.3f, value, value))) {
                for (int launch = 0; launch < 3; launch++) {
                    graph.launch();
                    assertThat(weight.operand(DType.BFLOAT16).toFloats())
                            .isEqualTo(NaiveProducts.rounded(value.toFloats(), Precision.BFLOAT16));
                }
            }
            weight.close();
        }
    }

    /** Nothing of a network is left, and another stream gets a copy of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"resnet", "vit"})
    void copiesAreFreedWithTheNetwork(String kind) {
        long before = device.backend().memory().statistics().liveBytes();
        try (Scope scope = Scope.open();
                Pair pair = new Pair(kind);
                Stream other = DeviceUnderTest.stream(device, 2)) {
            pair.pass();
            Map<String, Tensor> copies = pair.copies();
            other.use(() -> pair.copies()
                    .forEach((name, copy) -> assertThat(copy).as(name).isNotSameAs(copies.get(name))));
            pair.check(copies);
        }
        assertThat(device.backend().memory().statistics().liveBytes()).isEqualTo(before);
    }
}
