package io.gramian.models.ssl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Concatenate;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Conv2d;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.autograd.nn.Relu;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.config.Settings;
import io.gramian.models.train.ConfigResolver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches that pass in parts: the gradient of the whole batch's loss. */
class CachedPassTest {
    private static final int N = 16;
    private static final int STEP = 3;

    private final Device device = Device.cpu();

    /** A convolution of patches, with or without batch norm, and a ReLU. */
    private static final class Patches extends Backbone {
        private final Conv2d conv;
        private final Relu relu = new Relu();
        private final boolean normalised;
        private final BatchNorm norm;

        Patches(Device device, boolean normalised) {
            conv = add(
                    "conv",
                    new Conv2d(device, new Conv2d.Settings(1, 8, 3, 3, 0, !normalised), Init.PYTORCH, Generator.of(3)));
            norm = add("norm", new BatchNorm(device, 8, true));
            this.normalised = normalised;
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public int features() {
            return 8;
        }

        @Override
        public Variable maps(Variable x) {
            Variable y = conv.forward(x);
            return normalised ? norm.forward(y, null, true) : relu.forward(y);
        }
    }

    static List<String> systems() {
        List<String> all = new ArrayList<>(Systems.names());
        all.addAll(List.of(
                "simclr views=3 loss.positives=inside",
                "simclr batch_statistics=separate",
                "wmse views=4 loss.iterations=2",
                "lejepa views=3",
                "moco-v2 loss.directions=sum",
                "simsiam loss.stop_gradient=false"));
        return all;
    }

    private static Settings settings(String text, boolean normalised) {
        String[] words = text.split(" ");
        Map<String, Object> own = new LinkedHashMap<>(Map.of("batch", N, "projector.hidden", "[10]"));
        own.put("projector.out", words[0].equals("directclr") ? 0 : 4);
        own.put("projector.norm", normalised);
        switch (words[0]) {
            case "wmse" -> own.put("loss.w_size", 8);
            case "lejepa" -> own.put("loss.directions", 8);
            case "directclr" ->
                own.putAll(
                        Map.of("loss.width", 3, "projector.hidden", "[]", "network.width", 8, "network.blocks", "[1]"));
            case "simsiam", "byol", "moco-v3" ->
                own.putAll(Map.of("predictor.hidden", "[6]", "predictor.norm", normalised));
            case "densecl" ->
                own.putAll(Map.of("dense.hidden", "[7]", "dense.out", 5, "queue.length", 40, "shuffle.groups", 1));
            case "moco-v1", "moco-v2", "moco-v2-plus" -> own.putAll(Map.of("queue.length", 40, "shuffle.groups", 1));
            default -> {}
        }
        if (!normalised) {
            own.put("projector.norm_last", "none");
        }
        ConfigResolver resolver = new ConfigResolver().option("--method", "method", words[0]);
        resolver.option("--data", "data", "idx:none,none");
        own.forEach((key, value) -> resolver.assignment(key + "=" + value));
        for (int i = 1; i < words.length; i++) {
            resolver.assignment(words[i]);
        }
        return resolver.resolve().settings();
    }

    private Learner learner(Settings settings, boolean normalised) {
        return Systems.named(settings.text("method"))
                .learner(new Setup(
                        device, settings, 20, () -> SslNetwork.of(device, new Patches(device, normalised), settings)));
    }

    private List<Tensor> views(int count) {
        List<Tensor> views = new ArrayList<>();
        Generator common = Generator.of(7);
        for (int v = 0; v < count; v++) {
            Generator own = common.split(v);
            float[] values = new float[N * 36];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (common.normal(i) + 0.5 * own.normal(i));
            }
            views.add(Tensor.empty(device, N, 6, 6, 1).copyFrom(values));
        }
        return views;
    }

    /** Loss and gradients of a step in parts. */
    private double run(Learner learner, List<Tensor> views, int parts, Map<String, float[]> gradients) {
        try (Scope scope = Scope.open()) {
            learner.begin(STEP);
            double loss;
            try (BatchPass pass = learner.pass(views, STEP, parts)) {
                loss = pass.loss().value().item();
                assertThat(pass.firstNotFinite()).isEmpty();
                pass.backward();
            }
            learner.parameters().forEach((name, parameter) -> {
                Tensor gradient = parameter.grad();
                if (gradient != null) {
                    gradients.put(name, gradient.toFloats());
                    parameter.clearGradient();
                }
            });
            learner.end(STEP);
            return loss;
        }
    }

    /** Without batch norm, parts change nothing but the order in which rows are added. */
    @ParameterizedTest
    @MethodSource("systems")
    void theGradientIsThatOfTheWholeBatch(String text) {
        Settings settings = settings(text, false);
        try (Scope scope = Scope.open();
                Learner whole = learner(settings, false);
                Learner parted = learner(settings, false)) {
            List<Tensor> views = views(settings.small("views"));
            Map<String, float[]> expected = new LinkedHashMap<>();
            Map<String, float[]> actual = new LinkedHashMap<>();
            double loss = run(whole, views, 1, expected);
            assertThat(run(parted, views, 4, actual)).isCloseTo(loss, within(1e-6 * (1 + Math.abs(loss))));
            assertThat(actual.keySet()).isEqualTo(expected.keySet()).isNotEmpty();
            expected.forEach((name, gradient) ->
                    assertThat(difference(actual.get(name), gradient)).as(name).isLessThanOrEqualTo(2e-5));
            // momentum encoders and queues have seen the same
            whole.tensors().forEach((name, tensor) -> assertThat(
                            Objects.requireNonNull(parted.tensors().get(name)).toFloats())
                    .as(name)
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(tensor.toFloats()));
        }
    }

    /** Largest difference, as a share of the largest gradient. */
    private static double difference(float[] actual, float[] expected) {
        double largest = 1e-12;
        double difference = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs((double) actual[i] - expected[i])); // NaN stays
        }
        return difference / largest;
    }

    /** The mean of the losses of parts, which is what is usually accumulated, has another gradient. */
    @Test
    void theMeanOfPartsWouldNotDo() {
        Settings settings = settings("simclr", false);
        try (Scope scope = Scope.open();
                Learner learner = learner(settings, false)) {
            List<Tensor> views = views(2);
            Map<String, float[]> whole = new LinkedHashMap<>();
            run(learner, views, 1, whole);
            for (int from = 0; from < N; from += 4) {
                int first = from;
                learner.loss(
                                views.stream()
                                        .map(view -> view.rows(first, first + 4))
                                        .toList(),
                                STEP)
                        .backward();
            }
            String name = "backbone.conv.weight";
            float[] sum = Objects.requireNonNull(
                            Objects.requireNonNull(learner.parameters().get(name))
                                    .grad())
                    .toFloats();
            for (int i = 0; i < sum.length; i++) {
                sum[i] /= 4;
            }
            assertThat(difference(sum, Objects.requireNonNull(whole.get(name)))).isGreaterThan(0.05);
        }
    }

    /** With batch norm, parts have statistics of their own: as if they had passed one after the other in one graph. */
    @ParameterizedTest
    @CsvSource({"simclr,2", "simclr batch_statistics=separate,4", "barlow-twins,4", "wmse,2", "simsiam,4", "byol,2"})
    void partsHaveStatisticsOfTheirOwnAndMoveThemOnce(String text, int parts) {
        Settings settings = settings(text, true);
        try (Scope scope = Scope.open();
                Learner graph = learner(settings, true);
                Learner cached = learner(settings, true)) {
            List<Tensor> views = views(2);
            Map<String, float[]> actual = new LinkedHashMap<>();
            double loss = run(cached, views, parts, actual);
            graph.begin(STEP);
            double expected = inOneGraph(graph, views, parts);
            graph.end(STEP);
            assertThat(loss).isEqualTo(expected);
            graph.parameters().forEach((name, parameter) -> {
                if (parameter.grad() != null) {
                    assertThat(difference(actual.get(name), parameter.grad().toFloats()))
                            .as(name)
                            .isLessThanOrEqualTo(2e-5);
                }
            });
            graph.tensors().forEach((name, tensor) -> assertThat(
                            Objects.requireNonNull(cached.tensors().get(name)).toFloats())
                    .as(name)
                    .containsExactly(tensor.toFloats()));
        }
    }

    private static double inOneGraph(Learner learner, List<Tensor> views, int parts) {
        List<List<Variable>> outputs = new ArrayList<>();
        List<List<Tensor>> targets = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            long from = (long) N / parts * part;
            List<Tensor> some = views.stream()
                    .map(view -> view.rows(from, from + N / parts))
                    .toList();
            outputs.add(learner.outputs(some));
            targets.add(Autograd.noGrad(() -> learner.targets(some, from)));
        }
        List<Variable> whole = new ArrayList<>();
        for (int i = 0; i < outputs.get(0).size(); i++) {
            int output = i;
            whole.add(Concatenate.apply(
                    outputs.stream().map(part -> part.get(output)).toList()));
        }
        List<Tensor> compared = new ArrayList<>();
        for (int i = 0; i < targets.get(0).size(); i++) {
            int target = i;
            compared.add(Concatenate.joined(
                    targets.stream().map(part -> part.get(target)).toList()));
        }
        Variable loss = learner.loss(whole, compared, STEP);
        double value = loss.value().item();
        loss.backward();
        return value;
    }

    @Test
    void repeatedRunsHaveTheSameBits() {
        Settings settings = settings("vicreg", true);
        try (Scope scope = Scope.open();
                Learner one = learner(settings, true);
                Learner two = learner(settings, true)) {
            List<Tensor> views = views(2);
            Map<String, float[]> first = new LinkedHashMap<>();
            Map<String, float[]> second = new LinkedHashMap<>();
            assertThat(run(one, views, 8, first)).isEqualTo(run(two, views, 8, second));
            first.forEach((name, gradient) -> assertThat(gradient).as(name).containsExactly(second.get(name)));
        }
    }

    @Test
    void whatWentBadIsNamed() {
        Settings settings = settings("simclr", false);
        try (Scope scope = Scope.open();
                Learner learner = learner(settings, false)) {
            List<Tensor> views = views(2);
            views.get(1).rows(13, 14).fill(Float.NaN);
            try (BatchPass pass = learner.pass(views, STEP, 4)) {
                assertThat(pass.loss().value().item()).isNaN();
                assertThat(pass.firstNotFinite()).hasValueSatisfying(bad -> assertThat(bad)
                        .startsWith("an input of Convolution with backbone.conv"));
            }
            assertThatThrownBy(() -> learner.pass(views, STEP, 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("parts: expected a divisor of the batch of 16 images, got 3");
        }
    }
}
