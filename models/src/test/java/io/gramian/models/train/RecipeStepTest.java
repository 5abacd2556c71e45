package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GraphCheck;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.config.Settings;
import io.gramian.models.data.DatasetSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recipe trains: its network, heads, views, loss, optimiser and schedule fit each other, with fewer and smaller parts. */
class RecipeStepTest {
    private static final int SIDE = 16;
    private static final int CHANNELS = 3;
    private static final int STEPS = 2;

    static Stream<String> names() {
        return TrainRecipes.all().stream().map(TrainRecipes.Recipe::name);
    }

    @ParameterizedTest
    @MethodSource("names")
    void trains(String recipe) {
        Device device = Device.cpu();
        TrainConfig config = small(new ConfigResolver().recipe(recipe).resolve().settings());
        try (TrainState state =
                TrainState.initial(device, config, CHANNELS, Loading.size(config, photographs()), STEPS)) {
            Map<String, float[]> before = new LinkedHashMap<>();
            state.learner()
                    .parameters()
                    .forEach((name, parameter) ->
                            before.put(name, parameter.value().toFloats()));
            for (int step = 0; step < STEPS; step++) {
                assertThat(step(state, device, config, step))
                        .as("loss of step %d", step)
                        .isFinite();
            }
            List<String> moved = new ArrayList<>();
            state.learner().parameters().forEach((name, parameter) -> {
                assertThat(GraphCheck.isFinite(parameter.value())).as(name).isTrue();
                if (!Arrays.equals(before.get(name), parameter.value().toFloats())) {
                    moved.add(name);
                }
            });
            assertThat(moved).anyMatch(name -> name.startsWith("backbone."));
        }
    }

    private static double step(TrainState state, Device device, TrainConfig config, int step) {
        try (Scope scope = Scope.open()) {
            List<Tensor> views = new ArrayList<>();
            for (Augmentation each : Loading.views(config, photographs())) {
                Generator noise = Generator.of(1000L * step + views.size());
                views.add(noise.normal(device, 1, config.batch(), each.size(), each.size(), CHANNELS));
            }
            state.learner().begin(step);
            Variable loss = state.learner().loss(views, step);
            loss.backward();
            double value = loss.value().item();
            state.optimise(step);
            state.learner().end(step);
            return value;
        }
    }

    private static DatasetSpec photographs() {
        return DatasetSpec.parse("folder:none", null);
    }

    /** The same with smaller parts, and as many. */
    private static TrainConfig small(Settings recipe) {
        Map<String, Object> less = new LinkedHashMap<>();
        less.put("batch", 16L);
        less.put("augmentation.size", (long) SIDE);
        less.put("augmentation.local_size", SIDE / 2L);
        less.put("network.width", 4L);
        less.put("network.blocks", List.of(1L, 1L));
        boolean vit = recipe.text("network.architecture").startsWith("vit-");
        less.put("network.architecture", vit ? "vit-tiny" : "resnet");
        less.put("network.depth", 1L);
        less.put("network.patch", 4L);
        less.put("projector.out", Math.min(recipe.integer("projector.out"), 6L));
        for (String head : List.of("projector", "predictor", "dense")) {
            if (recipe.has(head + ".hidden")) {
                int layers = recipe.integers(head + ".hidden").size();
                less.put(head + ".hidden", Collections.nCopies(layers, 8L));
            }
        }
        Map.of("loss.w_size", 8L, "loss.width", 4L, "loss.directions", 8L, "dense.out", 5L, "queue.length", 32L)
                .forEach((key, value) -> {
                    if (recipe.values().get(key) instanceof Long) {
                        less.put(key, value);
                    }
                });
        return TrainConfig.of(recipe.with(less, "test"));
    }
}
