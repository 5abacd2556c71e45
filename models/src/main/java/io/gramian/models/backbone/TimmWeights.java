package io.gramian.models.backbone;

import io.gramian.DType;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights of a vision transformer as timm's {@code vit_tiny_patch16_224().state_dict()} and its relatives have them: {@code
 * cls_token}, {@code pos_embed}, {@code patch_embed.proj} as (out, in, h, w), {@code blocks.N.norm1}, {@code .attn.qkv}, {@code
 * .attn.proj}, {@code .norm2}, {@code .mlp.fc1}, {@code .mlp.fc2}, {@code norm}; no {@code head}. What is written loads into
 * timm's {@code VisionTransformer} of the same sizes with {@code num_classes=0}.
 */
public final class TimmWeights {
    private static final String PATCHES = "patch_embed.proj.weight";

    private TimmWeights() {}

    /**
     * Writes a network.
     *
     * @param metadata texts of the header
     * @throws GramianException if the file cannot be written
     */
    public static void write(Path path, VisionTransformer network, Map<String, String> metadata) {
        try (Scope scope = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors(network)
                    .forEach((name, tensor) ->
                            tensors.put(name, name.equals(PATCHES) ? TorchvisionWeights.turned(tensor, true) : tensor));
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
        Map<String, Tensor> targets = tensors(network);
        try (SafetensorsFile file = Safetensors.open(path);
                Scope scope = Scope.open()) {
            check(path, file, targets);
            targets.forEach((name, target) -> {
                if (name.equals(PATCHES)) {
                    target.copyFrom(TorchvisionWeights.turned(file.read(target.device(), name), false));
                } else {
                    file.readInto(name, target);
                }
            });
        }
    }

    private static Map<String, Tensor> tensors(VisionTransformer network) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> tensors.put(name, parameter.value()));
        tensors.putAll(network.buffers());
        return tensors;
    }

    private static void check(Path path, SafetensorsFile file, Map<String, Tensor> targets) {
        List<String> missing = new ArrayList<>(targets.keySet());
        missing.removeAll(file.names());
        List<String> extra = new ArrayList<>(file.names());
        extra.removeIf(name -> targets.containsKey(name) || name.startsWith("head."));
        if (!missing.isEmpty() || !extra.isEmpty()) {
            throw new GramianException(path + ": expected the names of timm's vision transformer with these blocks; "
                    + (missing.isEmpty() ? "nothing is missing" : "missing are " + TorchvisionWeights.some(missing))
                    + "; "
                    + (extra.isEmpty() ? "nothing is too much" : "too much are " + TorchvisionWeights.some(extra))
                    + "; use network.architecture and network.depth of the network that the file holds");
        }
        targets.forEach((name, target) -> {
            long[] s = target.shape().toArray();
            Shape expected = name.equals(PATCHES) ? Shape.of(s[0], s[3], s[1], s[2]) : target.shape();
            if (file.dtype(name) != DType.FLOAT32 || !file.shape(name).equals(expected)) {
                throw new GramianException(path + ": expected " + name + " to be FLOAT32 " + expected + ", got "
                        + file.dtype(name) + " " + file.shape(name) + "; use network.architecture, network.patch and"
                        + " images of the size and channels of the file's");
            }
        });
    }
}
