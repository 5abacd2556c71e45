package io.gramian.models.cli;

import static io.gramian.models.cli.CommandResult.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.models.backbone.TimmWeights;
import io.gramian.models.backbone.VisionTransformer;
import io.gramian.models.format.Npy;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vision transformers and other backbones from the command line. */
class TransformerRunTest {
    private static final String[] VIT = {"--set", "network.architecture=vit-tiny", "--set", "network.depth=1"};

    @TempDir
    private Path folder;

    @Test
    void aTransformerTrainsIsEvaluatedExportedAndEmbeds() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path run = folder.resolve("run");
        CommandResult trained = run(TinyRun.pretrain(data, run, 1, VIT)).well();
        assertThat(trained.out()).contains("all epochs are done", "trained", "report");
        Path file = folder.resolve("vit.safetensors");
        CommandResult exported = run("export", run, "-o", file).well();
        assertThat(exported.out()).contains("features of 192 numbers");
        VisionTransformer.Settings settings = new VisionTransformer.Settings(12, 4, 1, 192, 1, 3, false);
        try (Scope scope = Scope.open();
                SafetensorsFile model = Safetensors.open(run.resolve("model.safetensors"));
                VisionTransformer network = new VisionTransformer(Device.cpu(), settings, 99)) {
            TimmWeights.read(file, network);
            assertThat(network.parameters()
                            .get("blocks.0.attn.qkv.weight")
                            .value()
                            .toFloats())
                    .isEqualTo(model.read(Device.cpu(), "backbone.blocks.0.attn.qkv.weight")
                            .toFloats());
        }
        assertThat(run("export", run, "-o", folder.resolve("vit.onnx")).well().out())
                .contains("the model takes images of 12 x 12 pixels, for which its positions are");
        CommandResult embedded =
                run("embed", run, data, "-o", folder.resolve("test.npy")).well();
        try (Tensor made = Npy.read(Device.cpu(), folder.resolve("test.npy"));
                Tensor kept = Npy.read(Device.cpu(), run.resolve("embeddings.npy"))) {
            assertThat(made.shape()).isEqualTo(Shape.of(64, 192));
            assertThat(made.toFloats()).isEqualTo(kept.toFloats());
        }
    }

    @Test
    void anMlpTrainsAndHasNoNamesForPyTorch() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path run = folder.resolve("run");
        CommandResult trained = run(TinyRun.pretrain(
                        data,
                        run,
                        1,
                        "--set",
                        "network.architecture=mlp",
                        "--set",
                        "network.layers=[16]",
                        "--no-evaluation"))
                .well();
        assertThat(run("export", run, "-o", folder.resolve("x.safetensors")).err())
                .contains("expected a run with a residual network or a vision transformer");
        CommandResult embedded =
                run("embed", run, data, "-o", folder.resolve("test.npy")).well();
    }

    @Test
    void namesOfNoParameterAreRefusedBeforeAnyWork() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path run = folder.resolve("run");
        for (String setting : List.of("optimizer.exclude=backbne.conv1", "optimizer.rates=backbne:0.1")) {
            CommandResult refused = run(TinyRun.pretrain(data, run, 1, "--set", setting));
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err())
                    .contains(setting.substring(0, setting.indexOf('=')) + ": no parameter begins with backbne");
            assertThat(run).doesNotExist();
        }
    }

    /** Nothing is left behind by a run that cannot begin. */
    @Test
    void patchesThatDoNotFitAreRefusedBeforeAnyWork() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path run = folder.resolve("run");
        CommandResult refused = run(
                TinyRun.pretrain(data, run, 1, "--set", "network.architecture=vit-tiny", "--set", "network.patch=5"));
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err())
                .contains("network.patch must divide the side of the views, 12 pixels, got 5; for example --set"
                        + " network.patch=4");
        assertThat(run).doesNotExist();
    }
}
