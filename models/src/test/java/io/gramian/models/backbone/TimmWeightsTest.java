package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimmWeightsTest {
    private static final Device DEVICE = Device.cpu();

    @TempDir
    private Path folder;

    private static VisionTransformer network(int depth, boolean frozen, long seed) {
        return new VisionTransformer(DEVICE, new VisionTransformer.Settings(12, 4, 3, 8, depth, 2, frozen), seed);
    }

    @Test
    void namesAndLayoutAreTimms() {
        Path file = folder.resolve("vit.safetensors");
        try (Scope scope = Scope.open();
                VisionTransformer network = network(2, true, 1)) {
            TimmWeights.write(file, network, Map.of("format", "pt"));
            try (SafetensorsFile written = Safetensors.open(file)) {
                assertThat(written.names())
                        .hasSize(2 * 12 + 6)
                        .contains(
                                "cls_token",
                                "pos_embed",
                                "patch_embed.proj.weight",
                                "patch_embed.proj.bias",
                                "blocks.1.norm1.weight",
                                "blocks.1.attn.qkv.bias",
                                "blocks.1.attn.proj.weight",
                                "blocks.1.norm2.bias",
                                "blocks.1.mlp.fc1.weight",
                                "blocks.1.mlp.fc2.bias",
                                "norm.weight");
                assertThat(written.shape("cls_token")).isEqualTo(Shape.of(1, 1, 8));
                assertThat(written.shape("pos_embed")).isEqualTo(Shape.of(1, 10, 8));
                assertThat(written.shape("patch_embed.proj.weight")).isEqualTo(Shape.of(8, 3, 4, 4));
                assertThat(written.shape("blocks.0.attn.qkv.weight")).isEqualTo(Shape.of(24, 8));
                float[] theirs = written.read(DEVICE, "patch_embed.proj.weight").toFloats();
                float[] ours = network.buffers().get("patch_embed.proj.weight").toFloats();
                // out 2, in 1, row 3, column 2: ((2 * 3 + 1) * 4 + 3) * 4 + 2 and ((2 * 4 + 3) * 4 + 2) * 3 + 1
                assertThat(theirs[126]).isEqualTo(ours[139]);
            }
        }
    }

    @Test
    void whatIsWrittenComesBack() {
        Path file = folder.resolve("vit.safetensors");
        try (Scope scope = Scope.open();
                VisionTransformer network = network(1, true, 1);
                VisionTransformer other = network(1, false, 2)) {
            TimmWeights.write(file, network, Map.of());
            TimmWeights.read(file, other);
            Variable images = Variable.constant(Generator.of(3).normal(DEVICE, 1, 2, 12, 12, 3));
            assertThat(other.forward(images).value().toFloats())
                    .isEqualTo(network.forward(images).value().toFloats());
        }
    }

    @Test
    void anotherNetworkIsOneSentenceAndChangesNothing() {
        Path file = folder.resolve("vit.safetensors");
        try (Scope scope = Scope.open();
                VisionTransformer network = network(2, false, 1);
                VisionTransformer shallow = network(1, false, 2)) {
            TimmWeights.write(file, network, Map.of());
            float[] before = shallow.parameters().get("norm.weight").value().toFloats();
            assertThatThrownBy(() -> TimmWeights.read(file, shallow))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("nothing is missing; too much are blocks.1.")
                    .hasMessageContaining("and 9 others; use network.architecture and network.depth");
            Map<String, Tensor> wrong = new LinkedHashMap<>();
            try (SafetensorsFile written = Safetensors.open(file)) {
                written.names().forEach(name -> wrong.put(name, written.read(DEVICE, name)));
            }
            wrong.put("pos_embed", Tensor.zeros(DEVICE, 1, 5, 8));
            wrong.put("head.weight", Tensor.zeros(DEVICE, 4, 8));
            Safetensors.write(file, wrong, Map.of());
            assertThatThrownBy(() -> TimmWeights.read(file, network))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContaining("expected pos_embed to be FLOAT32 (1, 10, 8), got FLOAT32 (1, 5, 8); use");
            assertThat(shallow.parameters().get("norm.weight").value().toFloats())
                    .isEqualTo(before);
        }
    }
}
