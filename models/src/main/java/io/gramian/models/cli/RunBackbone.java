package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.config.Settings;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import io.gramian.models.train.Checkpoint;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The trained backbone of a run, without its data. */
final class RunBackbone {
    private static final String PREFIX = "backbone.";
    private static final String FIRST = PREFIX + "conv1.weight";

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
    static ResNet load(Device device, TrainConfig config, Path weights) {
        Settings settings = config.settings();
        ResNet.Settings network = new ResNet.Settings(
                Stem.valueOf(settings.text("network.stem").toUpperCase(Locale.ROOT)),
                settings.small("network.width"),
                channels(weights),
                false);
        ResNet backbone =
                ResNet.withDepths(device, network, settings.integers("network.blocks"), settings.integer("seed"));
        try {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            backbone.parameters().forEach((name, parameter) -> tensors.put(PREFIX + name, parameter.value()));
            backbone.buffers().forEach((name, buffer) -> tensors.put(PREFIX + name, buffer));
            Checkpoint.loadWeights(weights, tensors);
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

    private static int channels(Path weights) {
        try (SafetensorsFile file = Safetensors.open(weights)) {
            if (!file.names().contains(FIRST) || file.shape(FIRST).rank() != 4) {
                throw new GramianException(weights + ": expected " + FIRST
                        + " (out, h, w, in) of a residual network, got none; only residual networks can be used here");
            }
            return Math.toIntExact(file.shape(FIRST).size(3));
        }
    }
}
