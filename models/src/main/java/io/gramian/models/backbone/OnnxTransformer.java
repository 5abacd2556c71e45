package io.gramian.models.backbone;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.models.format.OnnxGraph;
import io.gramian.models.format.OnnxGraph.Attribute;
import java.util.List;
import java.util.Map;

/** The layers of a vision transformer as nodes of an ONNX graph. */
final class OnnxTransformer {
    private static final float EPS = 1e-6f;

    private final Map<String, Tensor> tensors;
    private final OnnxGraph graph;
    private final VisionTransformer.Settings settings;
    private final String first;
    private final String second;
    private final String third;

    OnnxTransformer(OnnxGraph graph, VisionTransformer network) {
        this.graph = graph;
        this.settings = network.settings();
        this.tensors = PyTorchLayout.tensors(network);
        first = graph.index("first", 0);
        second = graph.index("second", 1);
        third = graph.index("third", 2);
        number("half", 0.5f);
        number("one", 1);
        number("sqrt2", (float) Math.sqrt(2));
        number("scale", (float) (1 / Math.sqrt((double) settings.width() / settings.heads())));
    }

    private void number(String name, float value) {
        graph.weight(name, Tensor.of(Device.cpu(), new float[] {value}, 1));
    }

    /** The layers behind images (n, c, size, size) that are normalised. */
    void build(String images) {
        String x = withClassToken(patches(images));
        x = node("Add", "tokens", x, weight("pos_embed"));
        graph.integers("heads", 0, 0, 3, settings.heads(), settings.width() / settings.heads());
        graph.integers("joined", 0, 0, settings.width());
        for (int i = 0; i < settings.depth(); i++) {
            x = block(x, "blocks." + i);
        }
        x = normalised(x, "norm");
        graph.node("Gather", OnnxModel.OUTPUT, List.of(x, first), Attribute.integer("axis", 1));
    }

    /** Tokens (n, patches, width). */
    private String patches(String images) {
        Tensor turned = PyTorchLayout.outward(tensor("patch_embed.proj.weight"));
        long p = settings.patch();
        String x = graph.node(
                "Conv",
                "patch_embed.proj",
                List.of(images, graph.weight("patch_embed.proj.weight", turned), weight("patch_embed.proj.bias")),
                Attribute.integers("kernel_shape", p, p),
                Attribute.integers("strides", p, p));
        x = node("Reshape", "patch_embed.flat", x, graph.integers("flat", 0, settings.width(), -1));
        return graph.node("Transpose", "patch_embed", List.of(x), Attribute.integers("perm", 0, 2, 1));
    }

    /** The same behind the class token, which is repeated for each image. */
    private String withClassToken(String tokens) {
        String shape = graph.node("Shape", "shape", List.of(tokens), Attribute.integer("end", 1));
        String repeated = graph.node(
                "Concat",
                "cls_token.shape",
                List.of(shape, graph.integers("token", 1, settings.width())),
                Attribute.integer("axis", 0));
        String token = node("Expand", "cls_token.each", weight("cls_token"), repeated);
        return graph.node("Concat", "cls_token.first", List.of(token, tokens), Attribute.integer("axis", 1));
    }

    private String block(String x, String name) {
        String y = node("Add", name + ".middle", x, attention(normalised(x, name + ".norm1"), name + ".attn"));
        String inner = linear(normalised(y, name + ".norm2"), name + ".mlp.fc1");
        return node("Add", name, y, linear(gelu(inner, name + ".mlp.act"), name + ".mlp.fc2"));
    }

    /** Attention of each head: queries, keys and values are (n, heads, t, width / heads). */
    private String attention(String x, String name) {
        String all = node("Reshape", name + ".heads", linear(x, name + ".qkv"), "heads");
        all = graph.node("Transpose", name + ".split", List.of(all), Attribute.integers("perm", 2, 0, 3, 1, 4));
        String q = node("Mul", name + ".scaled", node("Gather", name + ".q", all, first), "scale");
        String k = graph.node(
                "Transpose",
                name + ".kt",
                List.of(node("Gather", name + ".k", all, second)),
                Attribute.integers("perm", 0, 1, 3, 2));
        String shares = graph.node(
                "Softmax",
                name + ".softmax",
                List.of(node("MatMul", name + ".scores", q, k)),
                Attribute.integer("axis", -1));
        String out = node("MatMul", name + ".weighted", shares, node("Gather", name + ".v", all, third));
        out = graph.node("Transpose", name + ".back", List.of(out), Attribute.integers("perm", 0, 2, 1, 3));
        return linear(node("Reshape", name + ".joined", out, "joined"), name + ".proj");
    }

    /** {@code x (1 + erf(x / sqrt(2))) / 2}. */
    private String gelu(String x, String name) {
        String erf = node("Erf", name + ".erf", node("Div", name + ".argument", x, "sqrt2"));
        String factor = node("Mul", name + ".factor", node("Add", name + ".sum", erf, "one"), "half");
        return node("Mul", name, x, factor);
    }

    private String linear(String x, String layer) {
        String turned = graph.node(
                "Transpose", layer + ".turned", List.of(weight(layer + ".weight")), Attribute.integers("perm", 1, 0));
        return node("Add", layer, node("MatMul", layer + ".product", x, turned), weight(layer + ".bias"));
    }

    private String normalised(String x, String layer) {
        return graph.node(
                "LayerNormalization",
                layer,
                List.of(x, weight(layer + ".weight"), weight(layer + ".bias")),
                Attribute.integer("axis", -1),
                Attribute.number("epsilon", EPS));
    }

    private String node(String operator, String name, String... inputs) {
        return graph.node(operator, name, List.of(inputs));
    }

    private String weight(String name) {
        return graph.weight(name, tensor(name));
    }

    private Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("ONNX: expected timm's names, but the network has no " + name);
        }
        return tensor;
    }
}
