package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.config.Settings;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import io.gramian.models.ssl.BackboneSettings;
import io.gramian.models.train.Checkpoint;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The trained backbone of a run, without its data. */
final class RunBackbone {
    private static final String PREFIX = "backbone.";

    /** Channels and side of the images that weights are for; residual networks take images of any side. */
    private record Images(int channels, int size) {}

    private RunBackbone() {}

    /** The file with the weights of a run: its model, or its last checkpoint. */
    static Path weights(RunFolder folder) {
        Path path = Files.exists(folder.model()) ? folder.model() : folder.checkpoint();
        if (!Files.exists(path)) {
            throw new GramianException("the run " + folder.path()
                    + " has neither a model nor a checkpoint yet; train it first: gramian resume " + folder.path());
        }
        return path;
    }

    /** The network with these weights; the caller closes it. */
    static Backbone load(Device device, TrainConfig config, Path weights) {
        Settings settings = config.settings();
        Images images = images(settings.text("network.architecture"), weights);
        Backbone backbone = BackboneSettings.backbone(device, settings, images.channels(), images.size());
        try {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            backbone.parameters().forEach((name, parameter) -> tensors.put(PREFIX + name, parameter.value()));
            backbone.buffers().forEach((name, buffer) -> tensors.put(PREFIX + name, buffer));
            Checkpoint.loadWeights(weights, config, tensors);
            return backbone;
        } catch (RuntimeException failure) {
            backbone.close();
            throw failure;
        }
    }

    /** Steps that the weights were trained for. */
    static long steps(Path weights) {
        try (SafetensorsFile file = Safetensors.open(weights)) {
            String step = file.metadata().getOrDefault("step", "0");
            return step.matches("\\d{1,18}") ? Long.parseLong(step) : 0;
        }
    }

    private static Images images(String architecture, Path weights) {
        try (SafetensorsFile file = Safetensors.open(weights)) {
            if (architecture.startsWith("vit-")) {
                Shape patches = shape(file, weights, "patch_embed.proj.weight", 4);
                long tokens = shape(file, weights, "pos_embed", 3).size(1);
                long side = Math.round(Math.sqrt(tokens - 1.0));
                return new Images(
                        Math.toIntExact(patches.size(3)), Math.toIntExact(Math.multiplyExact(side, patches.size(1))));
            }
            if (architecture.equals("mlp")) {
                long pixels = shape(file, weights, "layers.0.weight", 2).size(1);
                long side = Math.round(Math.sqrt(pixels));
                // three times a square is no square
                return side * side == pixels
                        ? new Images(1, Math.toIntExact(side))
                        : new Images(3, Math.toIntExact(Math.round(Math.sqrt(pixels / 3.0))));
            }
            return new Images(
                    Math.toIntExact(shape(file, weights, "conv1.weight", 4).size(3)), 1);
        }
    }

    private static Shape shape(SafetensorsFile file, Path weights, String name, int rank) {
        if (!file.names().contains(PREFIX + name) || file.shape(PREFIX + name).rank() != rank) {
            throw new GramianException(weights + ": expected " + PREFIX + name + " with " + rank
                    + " sizes, which network.architecture of its config.yaml has, got none");
        }
        return file.shape(PREFIX + name);
    }
}
