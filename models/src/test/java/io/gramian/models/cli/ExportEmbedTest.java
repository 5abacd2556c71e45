package io.gramian.models.cli;

import static io.gramian.models.cli.CommandResult.run;
import static io.gramian.models.cli.CommandResult.well;
import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.backbone.TorchvisionWeights;
import io.gramian.models.format.Npy;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportEmbedTest {
    @TempDir
    private static Path folder;

    private static String data;
    private static Path run;

    @BeforeAll
    static void train() throws IOException {
        data = TinyRun.images(folder, 64);
        run = folder.resolve("run");
        CommandResult trained = run(TinyRun.pretrain(data, run, 1)).well();
    }

    @Test
    void theExportIsTheTrainedBackbone() {
        Path file = folder.resolve("backbone.safetensors");
        CommandResult result = run("export", run, "-o", file).well();
        assertThat(result.out()).contains("features of 8 numbers");
        try (Scope scope = Scope.open();
                SafetensorsFile model = Safetensors.open(run.resolve("model.safetensors"));
                SafetensorsFile exported = Safetensors.open(file);
                ResNet network =
                        ResNet.withDepths(Device.cpu(), new ResNet.Settings(Stem.CIFAR, 8, 1, false), List.of(1), 99)) {
            assertThat(exported.metadata())
                    .containsEntry("stem", exported.metadata().get("stem"));
            assertThat(exported.metadata().get("stem")).startsWith("cifar: conv1 3x3");
            assertThat(exported.shape("conv1.weight")).isEqualTo(Shape.of(8, 1, 3, 3));
            TorchvisionWeights.read(file, network);
            network.parameters().forEach((name, parameter) -> assertThat(
                            parameter.value().toFloats())
                    .as(name)
                    .isEqualTo(model.read(Device.cpu(), "backbone." + name).toFloats()));
        }
    }

    /** The features of a data set are those that the evaluation kept. */
    @Test
    void featuresOfADataSetAreTheEvaluations() throws IOException {
        Path file = folder.resolve("test.npy");
        CommandResult result = run("embed", run, data, "-o", file).well();
        try (Tensor made = Npy.read(Device.cpu(), file);
                Tensor kept = Npy.read(Device.cpu(), run.resolve("embeddings.npy"))) {
            assertThat(made.toFloats()).isEqualTo(kept.toFloats());
        }
        List<String> lines = Files.readAllLines(folder.resolve("test.txt"));
        assertThat(lines).hasSize(64);
        assertThat(lines.get(3)).matches(".*/test 3 [01]");
    }

    @Test
    void aFolderOfImagesOfAnySizeIsEmbedded() throws IOException {
        Path photos = Files.createDirectories(folder.resolve("photos/inner"));
        int[][] sizes = {{12, 12}, {31, 20}, {9, 40}};
        for (int i = 0; i < sizes.length; i++) {
            BufferedImage image = new BufferedImage(sizes[i][0], sizes[i][1], BufferedImage.TYPE_INT_RGB);
            for (int x = 0; x < sizes[i][0]; x++) {
                for (int y = 0; y < sizes[i][1]; y++) {
                    image.setRGB(x, y, x * 4 << 16 | y * 5 << 8 | 40 * i);
                }
            }
            Path file =
                    i == 2 ? photos.resolve("c.png") : folder.resolve("photos").resolve(i + ".png");
            ImageIO.write(image, "png", file.toFile());
        }
        Path out = folder.resolve("photos.npy");
        CommandResult result =
                run("embed", run, folder.resolve("photos"), "-o", out).well();
        try (Tensor made = Npy.read(Device.cpu(), out)) {
            assertThat(made.shape()).isEqualTo(Shape.of(3, 8));
            float[] values = made.toFloats();
            assertThat(Arrays.copyOfRange(values, 0, 8)).isNotEqualTo(Arrays.copyOfRange(values, 8, 16));
        }
        assertThat(Files.readAllLines(folder.resolve("photos.txt"))).containsExactly("0.png", "1.png", "inner/c.png");

        Files.writeString(photos.resolve("text.jpg"), "no image");
        Path again = folder.resolve("again.npy");
        CommandResult damaged = run("embed", run, folder.resolve("photos"), "-o", again);
        assertThat(damaged.code()).isEqualTo(1);
        assertThat(damaged.err()).contains("1 of 4 images cannot be read: inner/text.jpg (not a JPEG");
        assertThat(again).doesNotExist();
    }

    @Test
    void whatIsWrongIsSaidBeforeAnyWork() throws IOException {
        Path none = folder.resolve("none");
        assertThat(run("export", none, "-o", "x.safetensors").err()).contains("there is no run folder " + none);
        assertThat(run("export", folder, "-o", "x.safetensors").err()).contains("is not a run");
        CommandResult ending = run("export", run, "-o", "x.pt");
        assertThat(ending.code()).isEqualTo(2);
        assertThat(ending.err()).contains("expected a file that ends in .safetensors or .onnx, got x.pt");
        assertThat(run("embed", run, data, "-o", "x.txt").err()).contains("ends in .npy, got x.txt");
        CommandResult images = run("embed", run, none, "-o", folder.resolve("x.npy"));
        assertThat(images.code()).isEqualTo(2);
        assertThat(images.err()).contains("images: expected a folder or one of fashion-mnist", "got " + none);
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertThat(run("embed", run, empty, "-o", folder.resolve("x.npy")).err())
                .contains("expected JPEG, PNG or BMP");

        Path wide = Files.createDirectories(folder.resolve("wide"));
        String config = Files.readString(run.resolve("config.yaml"));
        Files.writeString(wide.resolve("config.yaml"), config.replace("width: 8", "width: 16"));
        assertThat(run("export", wide, "-o", folder.resolve("x.safetensors")).err())
                .contains("has neither a model nor a checkpoint yet");
        Files.copy(run.resolve("model.safetensors"), wide.resolve("model.safetensors"));
        assertThat(run("export", wide, "-o", folder.resolve("x.safetensors")).err())
                .contains(
                        "was made with another configuration (network.width was 8, is 16); restore config.yaml: ",
                        "is of another architecture: expected backbone.conv1.weight to be FLOAT32 (16, 3, 3, 1)");
        CommandResult evaluated = run("evaluate", wide);
        evaluated.fails(1, "was made with another configuration (network.width was 8, is 16)");
        assertThat(evaluated.out()).isEmpty();
        assertThat(wide.resolve("images.npy")).doesNotExist();

        Path below = run.resolve("config.yaml").resolve("x");
        run("embed", run, data, "-o", below + ".npy")
                .fails(1, "could not write " + below + ".npy", "expected a folder");
        Path file = folder.resolve("w.safetensors");
        well("export", run, "-o", file);
        CommandResult unwritable = run("evaluate", file, "--data", data, "--size", "12", "-o", below);
        unwritable.fails(1, "could not write " + below, "expected a folder");
        assertThat(unwritable.out()).isEmpty();
    }
}
