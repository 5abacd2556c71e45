package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Shape;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What PyTorch loads without renaming: files have every name and shape of {@code state_dict()} but the classifier's, and no other.
 * The lists were checked against published listings of torchvision's {@code resnet18} (11,186,112 numbers and 512 of a head of one
 * class), {@code resnet50} (23,561,205 with the counters) and timm's {@code vit_base_patch8_224} (85,807,872).
 */
class PublishedNamesTest {
    private static final Device DEVICE = Device.cpu();

    @TempDir
    private Path folder;

    private static Map<String, Shape> published(String list, LongUnaryOperator size) throws IOException {
        Map<String, Shape> shapes = new TreeMap<>();
        try (InputStream stream = PublishedNamesTest.class.getResourceAsStream(list + ".txt")) {
            assertThat(stream).as(list).isNotNull();
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.split("\n")) {
                String[] words = line.split(" ");
                shapes.put(
                        words[0],
                        Shape.of(Arrays.stream(words)
                                .skip(1)
                                .mapToLong(Long::parseLong)
                                .map(size)
                                .toArray()));
            }
        }
        return shapes;
    }

    private static void compare(Path file, Map<String, Shape> published) {
        Map<String, Shape> ours = new TreeMap<>();
        try (SafetensorsFile written = Safetensors.open(file)) {
            written.names().forEach(name -> ours.put(name, written.shape(name)));
        }
        assertThat(ours).isEqualTo(published);
    }

    @Test
    void residualNetworks() throws IOException {
        ResNet.Settings settings = new ResNet.Settings(Stem.IMAGENET, 64, 3, false);
        residual("resnet18", ResNet.resNet18(DEVICE, settings, 1));
        residual("resnet50", ResNet.resNet50(DEVICE, settings, 1));
    }

    private void residual(String list, ResNet network) throws IOException {
        Path file = folder.resolve(list + ".safetensors");
        try (network) {
            TorchvisionWeights.write(file, network, 0, Map.of());
        }
        compare(file, published(list, size -> size));
    }

    /** timm's three sizes have the same layers; they differ in width (and in heads, which no shape shows). */
    @ParameterizedTest
    @CsvSource({"192, 3", "384, 6", "768, 12"})
    void visionTransformers(int width, int heads) throws IOException {
        VisionTransformer.Settings settings =
                switch (width) {
                    case 192 -> VisionTransformer.Settings.tiny(224, 16, 3);
                    case 384 -> VisionTransformer.Settings.small(224, 16, 3);
                    default -> VisionTransformer.Settings.base(224, 16, 3);
                };
        assertThat(settings.heads()).isEqualTo(heads);
        assertThat(settings.width()).isEqualTo(width);
        assertThat(settings.depth()).isEqualTo(12);
        // one block is as good as twelve for the names of a block, and a file of ViT-Base would be 340 MB
        int depth = width == 192 ? 12 : 1;
        Map<String, Shape> published = published("vit_base_patch8_224", size -> sized(size, width));
        published.keySet().removeIf(name -> name.startsWith("blocks.") && depth <= block(name));
        Path file = folder.resolve("vit.safetensors");
        try (VisionTransformer network = new VisionTransformer(
                DEVICE, new VisionTransformer.Settings(224, 16, 3, width, depth, heads, false), 1)) {
            TimmWeights.write(file, network, Map.of());
        }
        compare(file, published);
    }

    /** Patches of 16 pixels in place of 8: 14 x 14 of them and the class token. */
    private static long sized(long size, int width) {
        return size == 785 ? 197 : size == 8 ? 16 : size % 768 == 0 ? size / 768 * width : size;
    }

    private static int block(String name) {
        return Integer.parseInt(name.split("\\.")[1]);
    }
}
