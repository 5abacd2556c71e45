package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.backbone.VisionTransformer;
import io.gramian.models.config.Settings;
import io.gramian.models.ssl.SslNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every system on {@link PatchBackbone}, or a transformer as small, with settings that fit its sizes. */
final class TinySystems {
    /** Images of a batch. */
    static final int N = 16;

    /** Steps of an epoch. */
    static final int STEPS = 5;

    /** Of the transformer. */
    static final int WIDTH = 12;

    static final int DEPTH = 2;
    static final int HEADS = 2;

    private TinySystems() {}

    /** The configuration of {@code NAME key=value ...}. */
    static TrainConfig config(String text) {
        String[] words = text.split(" ");
        Map<String, String> own = new LinkedHashMap<>();
        own.put("batch", "" + N);
        own.put("epochs", "4");
        own.put("projector.hidden", words[0].equals("moco-v1") || words[0].equals("directclr") ? "[]" : "[10]");
        own.put("projector.out", words[0].equals("directclr") ? "0" : "4");
        own.put("optimizer.scale_with_batch", "false");
        own.put("schedule.warmup_epochs", "0.4");
        own.put("schedule.warmup_steps", "0");
        own.putAll(own(words[0]));
        for (int i = 1; i < words.length; i++) {
            String[] pair = words[i].split("=");
            own.put(pair[0], pair[1]);
        }
        ConfigResolver resolver = new ConfigResolver().option("--method", "method", words[0]);
        resolver.option("--data", "data", "idx:none,none");
        own.forEach((key, value) -> resolver.assignment(key + "=" + value));
        return resolver.resolve();
    }

    private static Map<String, String> own(String system) {
        return switch (system) {
            case "wmse" -> Map.of("loss.w_size", "8");
            case "lejepa" -> Map.of("loss.directions", "8");
            case "directclr" -> Map.of("loss.width", "3", "network.width", "8", "network.blocks", "[1]");
            case "simsiam", "byol", "moco-v3" -> Map.of("predictor.hidden", "[6]");
            case "densecl" ->
                Map.of(
                        "dense.hidden",
                        "[7]",
                        "dense.out",
                        "5",
                        "queue.length",
                        "24",
                        "shuffle.groups",
                        "1",
                        "momentum.start",
                        "0.9",
                        "momentum.end",
                        "0.99");
            case "moco-v1", "moco-v2", "moco-v2-plus" ->
                Map.of("queue.length", "24", "shuffle.groups", "1", "momentum.start", "0.9", "momentum.end", "0.99");
            default -> Map.of();
        };
    }

    /** A run at its beginning. */
    static TrainState start(Device device, TrainConfig config) {
        return TrainState.initial(device, config, STEPS, () -> network(device, config));
    }

    /** A network of the configuration, the same each time. */
    static SslNetwork network(Device device, TrainConfig config) {
        return SslNetwork.of(device, backbone(device, config.settings()), config.settings());
    }

    private static Backbone backbone(Device device, Settings settings) {
        if (!isTransformer(settings)) {
            return new PatchBackbone(device, 3);
        }
        boolean frozen = settings.flag("network.frozen_patches");
        int side = 2 * PatchBackbone.PATCH;
        return new VisionTransformer(
                device, new VisionTransformer.Settings(side, PatchBackbone.PATCH, 1, WIDTH, DEPTH, HEADS, frozen), 3);
    }

    /** Whether a configuration asks for the transformer. */
    static boolean isTransformer(Settings settings) {
        return settings.text("network.architecture").startsWith("vit-");
    }

    /** One step of training on these views: the loss before it. */
    static double step(TrainState state, Device device, List<double[]> images, int step) {
        try (Scope scope = Scope.open()) {
            state.learner().begin(step);
            Variable loss = state.learner().loss(tensors(device, images), step);
            double value = loss.value().item();
            loss.backward();
            state.clip();
            state.optimise(step);
            state.learner().end(step);
            return value;
        }
    }

    /** Views (n, 6, 6, 1) of the images of a step: a common part and noise of their own. */
    static List<double[]> images(int step, int views) {
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

    /** As tensors of the scope. */
    static List<Tensor> tensors(Device device, List<double[]> images) {
        List<Tensor> views = new ArrayList<>();
        for (double[] view : images) {
            float[] values = new float[view.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) view[i];
            }
            views.add(Tensor.empty(device, N, 6, 6, 1).copyFrom(values));
        }
        return views;
    }
}
