package io.gramian.models.cli;

import static io.gramian.models.cli.CommandResult.run;
import static io.gramian.models.cli.CommandResult.well;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.format.Npy;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user does with runs when they are trained. */
class EvaluateCompareTest {
    @TempDir
    private static Path folder;

    private static String data;
    private static Path run;

    @BeforeAll
    static void train() throws IOException {
        data = TinyRun.images(folder, 96);
        run = folder.resolve("run");
        CommandResult trained = run(TinyRun.pretrain(data, run, 1, "--set", "record.online_probe=1"))
                .well();
    }

    @Test
    void evaluationHasWhatWasAskedFor() throws IOException {
        Path copy = folder.resolve("evaluated");
        run(TinyRun.pretrain(data, copy, 1, "--no-evaluation")).well();
        CommandResult result =
                well("evaluate", copy, "--probe", "sgd", "--few", "0.25,0.5", "--euclidean", "--fine-tune", "2");
        assertThat(result.out()).contains("RankMe", "linear_sgd", "few_0.25", "fine_tuned", "report ");
        Evaluation evaluation = Evaluation.fromJson(Files.readString(copy.resolve("evaluation.json")));
        Evaluation.Row trained = evaluation.find(Evaluation.TRAINED).orElseThrow();
        assertThat(trained.more().keySet())
                .containsExactly("knn_euclidean", "linear_sgd", "few_0.25", "few_0.5", "fine_tuned");
        assertThat(trained.more().values()).allMatch(accuracy -> accuracy >= 0 && accuracy <= 1);
        assertThat(trained.more().get("linear_sgd")).isBetween(0.7, 1.0);
        assertThat(trained.singularValues()).hasSize(8);
        assertThat(evaluation.find(Evaluation.PIXELS).orElseThrow().more()).doesNotContainKey("fine_tuned");
        JsonNode row = new ObjectMapper()
                .readTree(copy.resolve("evaluation.json").toFile())
                .path("rows")
                .path(0);
        assertThat(row.path("rankme").asDouble()).isBetween(1.0, 8.0);
        assertThat(Files.readString(copy.resolve("report.html"))).contains("25 % labels", "linear probe SGD");

        run("evaluate", copy, "--few", "2").fails(2, "--few: expected shares above 0 and at most 1");
        run("evaluate", copy, "--fine-tune", "-1").fails(2, "--fine-tune: expected a number of epochs");
        run("evaluate", copy, "--probe", "ridge").fails(2, "--probe");
        run("evaluate", copy, "--data", data).fails(2, "has its own data; leave them out");
        run("evaluate", folder.resolve("none")).fails(1, "there is no run folder");

        Path page = folder.resolve("comparison.html");
        CommandResult compared = well("compare", run, copy, "-o", page);
        assertThat(compared.out()).contains("25 % labels", "record.online_probe", "page " + page);
        assertThat(page).exists();
        assertThat(well("compare", run, "--markdown").out()).startsWith("| # | run | kNN |");
        run("compare", run, folder).fails(1, folder + " is not a run");
        run("compare", run, run).fails(1, "expected each folder once");
        run("compare", run, "-o", "page.pdf").fails(2, "--out: expected a file that ends in .html, got page.pdf");
        run("compare").fails(2, "RUN");
    }

    /** Pixels / 255 into the exported model: the features that the evaluation kept. */
    @Test
    void theOnnxModelGivesTheFeaturesOfTheEvaluation() throws OrtException {
        Path file = folder.resolve("backbone.onnx");
        assertThat(well("export", run, "-o", file).out()).contains("features of 8 numbers");
        try (ImageDataset images = DatasetSpec.parse(data, null).test();
                Tensor kept = Npy.read(Device.cpu(), run.resolve("embeddings.npy"));
                OrtSession session = OrtEnvironment.getEnvironment().createSession(file.toString())) {
            int n = 8;
            FloatBuffer pixels = FloatBuffer.allocate(n * 144);
            for (int i = 0; i < n; i++) {
                for (byte pixel : images.image(i).pixels()) {
                    pixels.put((pixel & 255) / 255f);
                }
            }
            assertThat(session.getMetadata().getCustomMetadata()).containsEntry("size", "12");
            try (OnnxTensor image = OnnxTensor.createTensor(
                            OrtEnvironment.getEnvironment(), pixels.flip(), new long[] {n, 1, 12, 12});
                    OrtSession.Result result = session.run(Map.of("image", image))) {
                float[][] got = (float[][]) result.get("features").orElseThrow().getValue();
                float[] expected = kept.toFloats();
                for (int i = 0; i < n * 8; i++) {
                    double error = Math.abs(got[i / 8][i % 8] - expected[i]);
                    assertThat(error <= 1e-5 * Math.max(1, Math.abs(expected[i])))
                            .as("feature %d: %s", i, error)
                            .isTrue();
                }
            }
        }
        run("export", run, "-o", "x.pt").fails(2, "expected a file that ends in .safetensors or .onnx, got x.pt");
        run("export", run, "--format", "onnx", "-o", "x.safetensors")
                .fails(2, "expected a file that ends in .onnx, got x.safetensors");
    }

    @Test
    void trainingStartsFromAFileOrSaysWhyNot() throws IOException {
        Path file = folder.resolve("start.safetensors");
        well("export", run, "-o", file);
        Path next = folder.resolve("next");
        CommandResult started = run(TinyRun.pretrain(
                        data, next, 1, "--init", file.toString(), "--no-evaluation", "--set", "learning_rate=0"))
                .well();
        try (SafetensorsFile before = Safetensors.open(run.resolve("model.safetensors"));
                SafetensorsFile after = Safetensors.open(next.resolve("model.safetensors"))) {
            for (String name : List.of("backbone.conv1.weight", "backbone.layer1.0.bn2.weight")) {
                assertThat(after.read(Device.cpu(), name).toFloats())
                        .as(name)
                        .isEqualTo(before.read(Device.cpu(), name).toFloats());
            }
            assertThat(after.read(Device.cpu(), "projector.layers.0.weight").toFloats())
                    .isNotEqualTo(before.read(Device.cpu(), "projector.layers.0.weight")
                            .toFloats());
        }

        Path refused = folder.resolve("refused");
        String none = folder.resolve("none.safetensors").toString();
        run(TinyRun.pretrain(data, refused, 1, "--init", none)).fails(1, none);
        run(TinyRun.pretrain(data, refused, 1, "--init", file.toString(), "--set", "network.blocks=[1,1]"))
                .fails(
                        1,
                        "missing are layer2.0.conv1.weight",
                        "nothing is too much",
                        "use network.blocks of the network that the file holds");
        run(TinyRun.pretrain(data, refused, 1, "--init", file.toString(), "--set", "network.width=4"))
                .fails(1, "expected conv1.weight to be FLOAT32 (4, 1, 3, 3), got FLOAT32 (8, 1, 3, 3)");
        Path model = run.resolve("model.safetensors");
        run(TinyRun.pretrain(data, refused, 1, "--init", model.toString())).fails(1, "missing are conv1.weight");
        assertThat(refused).doesNotExist();
    }

    @Test
    void anImportedFileIsEvaluatedWithoutARun() throws IOException {
        Path file = folder.resolve("imported.safetensors");
        well("export", run, "-o", file);
        Path json = folder.resolve("imported.json");
        CommandResult result = well("evaluate", file, "--data", data, "--size", "12", "-o", json);
        Evaluation imported = Evaluation.fromJson(Files.readString(json));
        Evaluation own = Evaluation.fromJson(Files.readString(run.resolve("evaluation.json")));
        // the same network, images and statistics: the same accuracies
        assertThat(imported.find(Evaluation.TRAINED).orElseThrow().knn())
                .isEqualTo(own.find(Evaluation.TRAINED).orElseThrow().knn());
        assertThat(imported.find(Evaluation.PIXELS).orElseThrow().linear())
                .isEqualTo(own.find(Evaluation.PIXELS).orElseThrow().linear());
        assertThat(result.out()).contains("trained", "untrained", "pixels", "wrote " + json);

        run("evaluate", file).fails(2, "--data: expected the data set to evaluate");
        run("evaluate", file, "--data", "mnist").fails(2, "data: expected one of");
        run("evaluate", run.resolve("model.safetensors"), "--data", data)
                .fails(1, "is the model of a run; give the folder of the run");
        Path other = folder.resolve("other.safetensors");
        try (Tensor tensor = Tensor.zeros(Device.cpu(), 2, 2)) {
            Safetensors.write(other, Map.of("embeddings", tensor), Map.of());
        }
        run("evaluate", other, "--data", data)
                .fails(
                        1,
                        "expected conv1.weight (out, in, h, w), as torchvision's residual networks have it, got"
                                + " embeddings");
    }

    /** The probe that learns beside changes no bit, is logged, and goes on where it was. */
    @Test
    void theOnlineProbeOnlyWatches() throws IOException {
        Path without = folder.resolve("without");
        run(TinyRun.pretrain(data, without, 1, "--no-evaluation")).well();
        try (SafetensorsFile watched = Safetensors.open(run.resolve("checkpoints/last.safetensors"));
                SafetensorsFile alone = Safetensors.open(without.resolve("checkpoints/last.safetensors"))) {
            assertThat(watched.names()).isEqualTo(alone.names());
            for (String name : alone.names()) {
                assertThat(watched.read(Device.cpu(), name).toFloats())
                        .as(name)
                        .isEqualTo(alone.read(Device.cpu(), name).toFloats());
            }
        }
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        List<String> online =
                lines.stream().filter(line -> line.contains("online_probe")).toList();
        assertThat(online).hasSize(3);
        JsonNode last = new ObjectMapper().readTree(online.get(2));
        assertThat(last.path("step").asInt()).isEqualTo(3);
        assertThat(last.path("accuracy").asDouble()).isBetween(0.0, 1.0);
        try (SafetensorsFile head = Safetensors.open(run.resolve("checkpoints/online_probe.safetensors"))) {
            assertThat(head.metadata()).containsEntry("step", "3");
            assertThat(head.read(Device.cpu(), "head.weight").toFloats()).isNotEqualTo(new float[16]);
        }
    }
}
