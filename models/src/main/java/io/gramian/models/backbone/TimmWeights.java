package io.gramian.models.backbone;

import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.format.Safetensors;
import java.nio.file.Path;
import java.util.Map;

/**
 * Weights of a vision transformer as timm's {@code vit_tiny_patch16_224().state_dict()} and its relatives have them: {@code
 * cls_token}, {@code pos_embed}, {@code patch_embed.proj} as (out, in, h, w), {@code blocks.N.norm1}, {@code .attn.qkv}, {@code
 * .attn.proj}, {@code .norm2}, {@code .mlp.fc1}, {@code .mlp.fc2}, {@code norm}; no {@code head}. What is written loads into
 * timm's {@code VisionTransformer} of the same sizes with {@code num_classes=0}.
 */
public final class TimmWeights {
    private static final PyTorchLayout.Expected EXPECTED = new PyTorchLayout.Expected(
            "timm's vision transformer",
            name -> name.startsWith("head."),
            "use network.architecture and network.depth of the network that the file holds",
            "use network.architecture, network.patch and images of the size and channels of the file's");

    private TimmWeights() {}

    /**
     * Writes a network.
     *
     * @param metadata texts of the header
     * @throws GramianException if the file cannot be written
     */
    public static void write(Path path, VisionTransformer network, Map<String, String> metadata) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = PyTorchLayout.tensors(network);
            tensors.replaceAll((name, tensor) -> PyTorchLayout.outward(tensor));
            Safetensors.write(path, tensors, metadata);
        }
    }

    /**
     * Reads a file with timm's names into a network, position embeddings included: learned ones stay as they are from then on.
     * Nothing is changed unless every tensor fits; {@code head} is left out.
     *
     * @throws GramianException if the file is damaged or of another network, naming what is missing, what is too much, or the first
     *     tensor whose shape differs
     */
    public static void read(Path path, VisionTransformer network) {
        PyTorchLayout.read(path, network, EXPECTED);
    }
}
