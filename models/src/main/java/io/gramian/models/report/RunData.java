package io.gramian.models.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.format.Npy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a run folder holds, as far as it can be read; {@code problems} says in plain words what cannot. */
record RunData(
        String name,
        RunArtifacts.@Nullable Summary summary,
        RunMetrics metrics,
        @Nullable Evaluation evaluation,
        @Nullable Embeddings embeddings,
        @Nullable Images images,
        @Nullable Images augmented,
        @Nullable String config,
        List<String> problems) {

    /** Rows of {@code d} features, row-major, and their labels. */
    record Embeddings(float[] values, int[] labels, int d) {
        int count() {
            return labels.length;
        }
    }

    /** Images of one size, HWC bytes one after the other; {@code group} of them belong together (1 for test images). */
    record Images(byte[] bytes, int group, int height, int width, int channels) {
        int count() {
            return bytes.length / Math.max(1, height * width * channels);
        }

        /** A copy of the bytes of one image. */
        byte[] image(int index) {
            int size = height * width * channels;
            return Arrays.copyOfRange(bytes, index * size, (index + 1) * size);
        }
    }

    /** Reads everything that is there. */
    static RunData read(Path run) {
        if (!Files.isDirectory(run)) {
            throw new GramianException(run + ": expected a run folder, but there is none; check the path");
        }
        List<String> problems = new ArrayList<>();
        RunMetrics metrics = RunMetrics.parse(text(run, RunArtifacts.METRICS, problems)
                .map(text -> text.lines().toList())
                .orElse(List.of()));
        if (!metrics.badLines().isEmpty()) {
            problems.add("metrics.jsonl: " + metrics.badLines().size() + " lines are not JSON, the first is line "
                    + metrics.badLines().get(0) + "; the others are shown");
        }
        RunArtifacts.Summary summary = text(run, RunArtifacts.SUMMARY, problems)
                .flatMap(text -> attempt(RunArtifacts.SUMMARY, problems, () -> summary(text)))
                .orElse(null);
        Evaluation evaluation = text(run, RunArtifacts.EVALUATION, problems)
                .flatMap(text -> attempt(RunArtifacts.EVALUATION, problems, () -> Evaluation.fromJson(text)))
                .orElse(null);
        Embeddings embeddings =
                present(run, RunArtifacts.EMBEDDINGS, problems) && present(run, RunArtifacts.LABELS, problems)
                        ? attempt(RunArtifacts.EMBEDDINGS, problems, () -> embeddings(run))
                                .orElse(null)
                        : null;
        Images images = present(run, RunArtifacts.IMAGES, problems)
                ? attempt(RunArtifacts.IMAGES, problems, () -> images(run.resolve(RunArtifacts.IMAGES), 4))
                        .orElse(null)
                : null;
        Images augmented = present(run, RunArtifacts.AUGMENTED, problems)
                ? attempt(RunArtifacts.AUGMENTED, problems, () -> images(run.resolve(RunArtifacts.AUGMENTED), 5))
                        .orElse(null)
                : null;
        String config = text(run, RunArtifacts.CONFIG, problems).orElse(null);
        String name = String.valueOf(run.toAbsolutePath().normalize().getFileName());
        return new RunData(name, summary, metrics, evaluation, embeddings, images, augmented, config, problems);
    }

    private interface Reading<T> {
        T run() throws IOException;
    }

    private static <T> Optional<T> attempt(String file, List<String> problems, Reading<T> reading) {
        try {
            return Optional.of(reading.run());
        } catch (IOException | GramianException | IllegalArgumentException failure) {
            problems.add(file + ": " + failure.getMessage());
            return Optional.empty();
        }
    }

    private static boolean present(Path run, String file, List<String> problems) {
        boolean there = Files.isRegularFile(run.resolve(file));
        if (!there) {
            problems.add(file + " is missing");
        }
        return there;
    }

    private static Optional<String> text(Path run, String file, List<String> problems) {
        return present(run, file, problems)
                ? attempt(
                        file, problems, () -> new String(Files.readAllBytes(run.resolve(file)), StandardCharsets.UTF_8))
                : Optional.empty();
    }

    /** What {@code summary.json} says. */
    static RunArtifacts.Summary summary(String text) throws IOException {
        JsonNode root = new ObjectMapper().readTree(text);
        List<String> names = new ArrayList<>();
        root.path("class_names").forEach(name -> names.add(name.asText()));
        Map<String, String> environment = new LinkedHashMap<>();
        root.path("environment")
                .properties()
                .forEach(e -> environment.put(e.getKey(), e.getValue().asText()));
        return new RunArtifacts.Summary(
                root.path("method").asText("?"),
                root.path("data").asText("?"),
                names,
                root.path("train_images").asLong(),
                root.path("epochs").asInt(),
                root.path("seconds").asDouble(Double.NaN),
                root.path("images_per_second").asDouble(Double.NaN),
                environment);
    }

    private static Embeddings embeddings(Path run) {
        try (Tensor values = Npy.read(Device.cpu(), run.resolve(RunArtifacts.EMBEDDINGS));
                Tensor labels = Npy.read(Device.cpu(), run.resolve(RunArtifacts.LABELS))) {
            if (values.dtype() != DType.FLOAT32
                    || values.shape().rank() != 2
                    || labels.dtype() != DType.INT32
                    || labels.shape().rank() != 1
                    || labels.elements() != values.shape().size(0)
                    || values.elements() == 0) {
                throw new GramianException("expected FLOAT32 (n, d) with INT32 (n) labels and n above 0, got " + values
                        + " with labels " + labels);
            }
            return new Embeddings(
                    values.toFloats(),
                    labels.toInts(),
                    Math.toIntExact(values.shape().size(1)));
        }
    }

    private static Images images(Path path, int rank) {
        try (Tensor tensor = Npy.read(Device.cpu(), path)) {
            int axes = tensor.shape().rank();
            long channels = axes == rank ? tensor.shape().size(-1) : 0;
            if (tensor.dtype() != DType.UINT8 || (channels != 1 && channels != 3) || tensor.elements() == 0) {
                throw new GramianException(
                        "expected UINT8 images with " + rank + " axes and 1 or 3 channels, got " + tensor);
            }
            return new Images(
                    tensor.toBytes(),
                    rank == 5 ? Math.toIntExact(tensor.shape().size(1)) : 1,
                    Math.toIntExact(tensor.shape().size(-3)),
                    Math.toIntExact(tensor.shape().size(-2)),
                    (int) channels);
        }
    }
}
