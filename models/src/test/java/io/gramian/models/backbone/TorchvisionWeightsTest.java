package io.gramian.models.backbone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchvisionWeightsTest {
    private static final Device DEVICE = Device.cpu();

    @TempDir
    private Path folder;

    private static ResNet network(Stem stem, int width, int channels, int seed) {
        return ResNet.withDepths(DEVICE, new ResNet.Settings(stem, width, channels, false), List.of(1, 1), seed);
    }

    /** Names and shapes of resnet18().state_dict() without fc, and the place of one weight. */
    @Test
    void resNet18HasTorchvisionsNamesAndLayout() {
        Path file = folder.resolve("r18.safetensors");
        try (Scope scope = Scope.open();
                ResNet network = ResNet.resNet18(DEVICE, Stem.IMAGENET, 8, 3, 1)) {
            TorchvisionWeights.write(file, network, 42, Map.of("format", "pt"));
            try (SafetensorsFile written = Safetensors.open(file)) {
                assertThat(written.names()).hasSize(120);
                assertThat(written.names())
                        .contains(
                                "conv1.weight",
                                "bn1.weight",
                                "bn1.bias",
                                "bn1.running_mean",
                                "bn1.running_var",
                                "bn1.num_batches_tracked",
                                "layer1.0.conv1.weight",
                                "layer2.0.downsample.0.weight",
                                "layer2.0.downsample.1.running_var",
                                "layer4.1.bn2.num_batches_tracked")
                        .noneMatch(name -> name.startsWith("fc"));
                assertThat(written.shape("conv1.weight")).isEqualTo(Shape.of(8, 3, 7, 7));
                assertThat(written.shape("layer2.0.downsample.0.weight")).isEqualTo(Shape.of(16, 8, 1, 1));
                assertThat(written.dtype("bn1.num_batches_tracked")).isEqualTo(DType.INT64);
                assertThat(written.shape("bn1.num_batches_tracked").rank()).isZero();
                assertThat(written.metadata()).containsEntry("format", "pt");
                float[] theirs = written.read(DEVICE, "conv1.weight").toFloats();
                float[] ours = network.parameters().get("conv1.weight").value().toFloats();
                // out 2, in 1, row 3, column 5: ((2 * 3 + 1) * 7 + 3) * 7 + 5 and ((2 * 7 + 3) * 7 + 5) * 3 + 1
                assertThat(theirs[369]).isEqualTo(ours[373]);
            }
        }
    }

    @Test
    void whatIsWrittenComesBack() {
        for (Stem stem : Stem.values()) {
            Path file = folder.resolve(stem + ".safetensors");
            try (Scope scope = Scope.open();
                    ResNet network = network(stem, 4, 3, 1);
                    ResNet other = network(stem, 4, 3, 2)) {
                network.buffers().get("bn1.running_mean").fill(0.25f);
                TorchvisionWeights.write(
                        file, network, 7, Map.of("stem", stem.name().toLowerCase(Locale.ROOT) + ": as it is"));
                assertThat(TorchvisionWeights.architecture(file).settings().stem())
                        .isEqualTo(stem);
                TorchvisionWeights.read(file, other);
                network.parameters().forEach((name, parameter) -> assertThat(
                                other.parameters().get(name).value().toFloats())
                        .as(name)
                        .isEqualTo(parameter.value().toFloats()));
                network.buffers().forEach((name, buffer) -> assertThat(
                                other.buffers().get(name).toFloats())
                        .as(name)
                        .isEqualTo(buffer.toFloats()));
            }
        }
    }

    /** torchvision's own files have fc: it is left out. */
    @Test
    void aClassifierIsLeftOut() {
        Path file = folder.resolve("fc.safetensors");
        try (Scope scope = Scope.open();
                ResNet network = network(Stem.CIFAR, 4, 3, 1)) {
            Map<String, Tensor> tensors = tensors(network, file);
            tensors.put("fc.weight", Tensor.zeros(DEVICE, 10, 8));
            tensors.put("fc.bias", Tensor.zeros(DEVICE, 10));
            Safetensors.write(file, tensors, Map.of());
            TorchvisionWeights.read(file, network);
        }
    }

    @Test
    void whatDoesNotFitIsNamedAndNothingChanges() {
        Path file = folder.resolve("bad.safetensors");
        try (Scope scope = Scope.open();
                ResNet network = network(Stem.CIFAR, 4, 3, 1)) {
            Map<String, Tensor> tensors = tensors(network, file);
            float[] before = network.parameters().get("conv1.weight").value().toFloats();
            Tensor first = tensors.remove("conv1.weight");
            tensors.put("head.weight", Tensor.zeros(DEVICE, 2, 2));
            Safetensors.write(file, tensors, Map.of());
            assertRefused(file, network, "missing are conv1.weight; too much are head.weight");

            tensors.remove("head.weight");
            tensors.put("conv1.weight", Tensor.zeros(DEVICE, 4, 1, 3, 3));
            Safetensors.write(file, tensors, Map.of());
            assertRefused(file, network, "expected conv1.weight to be FLOAT32 (4, 3, 3, 3), got FLOAT32 (4, 1, 3, 3)");

            tensors.put("conv1.weight", first);
            tensors.put("bn1.weight", Tensor.empty(DEVICE, DType.FLOAT64, 4));
            Safetensors.write(file, tensors, Map.of());
            assertRefused(file, network, "expected bn1.weight to be FLOAT32 (4), got FLOAT64 (4)");
            assertThat(network.parameters().get("conv1.weight").value().toFloats())
                    .isEqualTo(before);
        }
        try (ResNet network = network(Stem.CIFAR, 4, 3, 1)) {
            assertRefused(folder.resolve("none.safetensors"), network, "there is none");
        }
    }

    private static Map<String, Tensor> tensors(ResNet network, Path file) {
        TorchvisionWeights.write(file, network, 0, Map.of());
        return new LinkedHashMap<>(Safetensors.read(DEVICE, file));
    }

    private static void assertRefused(Path file, ResNet network, String message) {
        assertThatThrownBy(() -> TorchvisionWeights.read(file, network))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(message);
    }
}
