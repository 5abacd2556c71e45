package io.gramian.models.cli;

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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Vision transformers and other backbones from the command line. */
class TransformerRunTest {
    private static final String[] VIT = {"--set", "network.architecture=vit-tiny", "--set", "network.depth=1"};

    @TempDir
    private Path folder;

    private record Result(int code, String out, String err) {}

    private static Result run(List<String> arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Result(line.execute(arguments.toArray(new String[0])), out.toString(), err.toString());
    }

    private static Result run(Object... arguments) {
        return run(Arrays.stream(arguments).map(Object::toString).toList());
    }

    @Test
    void aTransformerTrainsIsEvaluatedExportedAndEmbeds() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path run = folder.resolve("run");
        Result trained = run(TinyRun.pretrain(data, run, 1, VIT));
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.out()).contains("all epochs are done", "trained", "report");
        Path file = folder.resolve("vit.safetensors");
        Result exported = run("export", run, "-o", file);
        assertThat(exported.code()).as(exported.err()).isZero();
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
        Result embedded = run("embed", run, data, "-o", folder.resolve("test.npy"));
        assertThat(embedded.code()).as(embedded.err()).isZero();
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
        Result trained = run(TinyRun.pretrain(
                data, run, 1, "--set", "network.architecture=mlp", "--set", "network.layers=[16]", "--no-evaluation"));
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(run("export", run, "-o", folder.resolve("x.safetensors")).err())
                .contains("expected a run with a residual network or a vision transformer");
        Result embedded = run("embed", run, data, "-o", folder.resolve("test.npy"));
        assertThat(embedded.code()).as(embedded.err()).isZero();
    }

    /** Nothing is left behind by a run that cannot begin. */
    @Test
    void patchesThatDoNotFitAreRefusedBeforeAnyWork() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path run = folder.resolve("run");
        Result refused = run(
                TinyRun.pretrain(data, run, 1, "--set", "network.architecture=vit-tiny", "--set", "network.patch=5"));
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err())
                .contains("network.patch must divide the side of the views, 12 pixels, got 5; for example --set"
                        + " network.patch=4");
        assertThat(run).doesNotExist();
    }
}
