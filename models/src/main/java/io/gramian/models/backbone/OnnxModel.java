package io.gramian.models.backbone;

import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.format.OnnxGraph;
import io.gramian.models.format.OnnxGraph.Attribute;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A residual network as an ONNX model, in evaluation mode: input {@value #INPUT} float32 (n, c, height, width) with values in
 * [0, 1], output {@value #OUTPUT} float32 (n, {@link Backbone#features}). The normalisation by mean and deviation of each channel is
 * part of the model, so that nobody has to remember it; batch and image size are free. Normalisation layers stay layers of their
 * own with torchvision's parameter names; runtimes fold them.
 */
public final class OnnxModel {
    /** Name of the input. */
    public static final String INPUT = "image";
    /** Name of the output. */
    public static final String OUTPUT = "features";

    private static final float EPS = 1e-5f;

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final OnnxGraph graph = new OnnxGraph("backbone");

    private OnnxModel(ResNet network) {
        network.parameters().forEach((name, parameter) -> tensors.put(name, parameter.value()));
        tensors.putAll(network.buffers());
    }

    /**
     * What images are normalised with, {@code (x - mean) / std}.
     *
     * @param mean of each channel, or one for all
     * @param std likewise, above 0
     */
    public record Normalisation(List<Double> mean, List<Double> std) {
        /** Copies the lists and checks the deviations. */
        public Normalisation {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
            if (mean.isEmpty() || mean.size() != std.size() || !std.stream().allMatch(value -> value > 0)) {
                throw new IllegalArgumentException(
                        "normalisation: expected as many deviations above 0 as means, got " + mean + " and " + std);
            }
        }

        private float[] values(List<Double> of, int channels) {
            if (of.size() != 1 && of.size() != channels) {
                throw new IllegalArgumentException(
                        "normalisation: expected 1 or " + channels + " values, one a channel, got " + of.size());
            }
            float[] values = new float[channels];
            for (int c = 0; c < channels; c++) {
                values[c] = of.get(of.size() == 1 ? 0 : c).floatValue();
            }
            return values;
        }
    }

    /**
     * Writes a network, over an old file.
     *
     * @param metadata texts that are kept in the model
     * @throws GramianException if the file cannot be written
     * @throws IllegalArgumentException if the normalisation is of other channels
     */
    public static void write(Path path, ResNet network, Normalisation normalisation, Map<String, String> metadata) {
        try (Scope scope = Scope.open()) {
            OnnxModel model = new OnnxModel(network);
            model.build(network, normalisation);
            String description = "Backbone trained without labels. Input " + INPUT + ": float32 (n, "
                    + network.channels()
                    + ", height, width), values in [0, 1]; the normalisation is part of the model. Output " + OUTPUT
                    + ": float32 (n, " + network.features() + ").";
            model.graph.write(path, description, metadata);
        }
    }

    private void build(ResNet network, Normalisation normalisation) {
        int channels = network.channels();
        graph.input(INPUT, "n", Integer.toString(channels), "height", "width");
        graph.output(OUTPUT, "n", Integer.toString(network.features()));
        String x = shifted(network, normalisation);
        Stem stem = network.stem();
        x = relu(normalised(convolved(x, "conv1", stem.stride()), "bn1"), "relu");
        if (stem.pooled()) {
            x = graph.node(
                    "MaxPool",
                    "maxpool",
                    List.of(x),
                    Attribute.integers("kernel_shape", 3, 3),
                    Attribute.integers("strides", 2, 2),
                    Attribute.integers("pads", 1, 1, 1, 1));
        }
        for (int stage = 1; has("layer" + stage + ".0.conv1"); stage++) {
            for (int i = 0; has("layer" + stage + "." + i + ".conv1"); i++) {
                x = block(x, "layer" + stage + "." + i, i == 0 && stage > 1 ? 2 : 1);
            }
        }
        x = graph.node("GlobalAveragePool", "avgpool", List.of(x));
        graph.node("Flatten", OUTPUT, List.of(x), Attribute.integer("axis", 1));
    }

    private boolean has(String layer) {
        return tensors.containsKey(layer + ".weight");
    }

    private String shifted(ResNet network, Normalisation normalisation) {
        int c = network.channels();
        Tensor conv = tensor("conv1.weight");
        Tensor mean = Tensor.of(conv.device(), normalisation.values(normalisation.mean(), c), 1, c, 1, 1);
        Tensor std = Tensor.of(conv.device(), normalisation.values(normalisation.std(), c), 1, c, 1, 1);
        String centred = graph.node("Sub", "centred", List.of(INPUT, graph.weight("mean", mean)));
        return graph.node("Div", "normalised", List.of(centred, graph.weight("std", std)));
    }

    /** The basic block of two convolutions, or the bottleneck of three, whose middle one has the stride. */
    private String block(String x, String name, int stride) {
        boolean bottleneck = has(name + ".conv3");
        String y = convolved(x, name + ".conv1", bottleneck ? 1 : stride);
        y = relu(normalised(y, name + ".bn1"), name + ".relu1");
        y = normalised(convolved(y, name + ".conv2", bottleneck ? stride : 1), name + ".bn2");
        if (bottleneck) {
            y = relu(y, name + ".relu2");
            y = normalised(convolved(y, name + ".conv3", 1), name + ".bn3");
        }
        String shortcut = has(name + ".downsample.0")
                ? normalised(convolved(x, name + ".downsample.0", stride), name + ".downsample.1")
                : x;
        return relu(graph.node("Add", name + ".add", List.of(y, shortcut)), name + ".out");
    }

    private String convolved(String x, String layer, int stride) {
        Tensor weight = tensor(layer + ".weight");
        long size = weight.shape().size(1);
        String w = graph.weight(layer + ".weight", TorchvisionWeights.turned(weight, true));
        return graph.node(
                "Conv",
                layer,
                List.of(x, w),
                Attribute.integers("kernel_shape", size, size),
                Attribute.integers("strides", stride, stride),
                Attribute.integers("pads", size / 2, size / 2, size / 2, size / 2));
    }

    private String normalised(String x, String layer) {
        List<String> inputs = List.of(
                x,
                weight(layer + ".weight"),
                weight(layer + ".bias"),
                weight(layer + ".running_mean"),
                weight(layer + ".running_var"));
        return graph.node("BatchNormalization", layer, inputs, Attribute.number("epsilon", EPS));
    }

    private String weight(String name) {
        return graph.weight(name, tensor(name));
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new GramianException(
                    "ONNX: expected a residual network with torchvision's names, but it has no " + name);
        }
        return tensor;
    }

    private String relu(String x, String name) {
        return graph.node("Relu", name, List.of(x));
    }
}
