package io.gramian.models.backbone;

import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.models.format.OnnxGraph;
import io.gramian.models.format.OnnxGraph.Attribute;
import java.util.List;
import java.util.Map;

/** The layers of a residual network as nodes of an ONNX graph. */
final class OnnxResidual {
    private static final float EPS = 1e-5f;

    private final Map<String, Tensor> tensors;
    private final OnnxGraph graph;
    private final Stem stem;

    OnnxResidual(OnnxGraph graph, ResNet network) {
        this.graph = graph;
        this.stem = network.stem();
        this.tensors = PyTorchLayout.tensors(network);
    }

    /** The layers behind images (n, c, height, width) that are normalised. */
    void build(String images) {
        String x = relu(normalised(convolved(images, "conv1", stem.stride()), "bn1"), "relu");
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
        graph.node("Flatten", OnnxModel.OUTPUT, List.of(x), Attribute.integer("axis", 1));
    }

    private boolean has(String layer) {
        return tensors.containsKey(layer + ".weight");
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
        String w = graph.weight(layer + ".weight", PyTorchLayout.outward(weight));
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
