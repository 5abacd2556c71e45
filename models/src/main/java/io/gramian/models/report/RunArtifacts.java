package io.gramian.models.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.format.Npy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the files of a run folder that the report is made from, beside {@code config.yaml} and {@code metrics.jsonl}.
 * Their contents are described in the package documentation. Each file replaces its predecessor whole, or not at all.
 */
public final class RunArtifacts {
    /** Written when a run was trained and evaluated. */
    public static final String SUMMARY = "summary.json";
    /** What the features of a run are worth. */
    public static final String EVALUATION = "evaluation.json";

    static final String EMBEDDINGS = "embeddings.npy";
    static final String LABELS = "labels.npy";
    static final String IMAGES = "images.npy";
    static final String AUGMENTED = "augmented.npy";
    static final String CONFIG = "config.yaml";
    static final String METRICS = "metrics.jsonl";

    private RunArtifacts() {}

    /**
     * What a run was, for the head of the report.
     *
     * @param method name of the method, as in {@code Barlow Twins}
     * @param data name of the data set, as in {@code fashion-mnist}
     * @param classNames names of the classes, by label
     * @param trainImages number of training images
     * @param epochs number of epochs that were trained
     * @param seconds wall time of the training, without the evaluation
     * @param imagesPerSecond images (not views) that were trained on, per second
     * @param environment what the numbers depend on besides the configuration, in the order to print
     */
    public record Summary(
            String method,
            String data,
            List<String> classNames,
            long trainImages,
            int epochs,
            double seconds,
            double imagesPerSecond,
            Map<String, String> environment) {
        /** Copies the collections. */
        public Summary {
            classNames = List.copyOf(classNames);
            environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
        }
    }

    /** What is known about this machine and program: Java, operating system, cores, instruction set, BLAS core. */
    public static Map<String, String> environment(Device device) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Java", System.getProperty("java.version") + " (" + System.getProperty("java.vm.name") + ")");
        facts.put(
                "System",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        facts.put("Device", device.toString());
        facts.put("Threads", String.valueOf(device.backend().stream().threads()));
        facts.put("Instruction set", device.backend().instructionSet());
        facts.put("BLAS core", device.backend().blasCore());
        return facts;
    }

    /** Writes {@code summary.json}. */
    public static void writeSummary(Path run, Summary summary) {
        ObjectNode root = new ObjectMapper().createObjectNode();
        root.put("method", summary.method()).put("data", summary.data());
        ArrayNode names = root.putArray("class_names");
        summary.classNames().forEach(names::add);
        root.put("train_images", summary.trainImages()).put("epochs", summary.epochs());
        root.put("seconds", summary.seconds()).put("images_per_second", summary.imagesPerSecond());
        ObjectNode environment = root.putObject("environment");
        summary.environment().forEach(environment::put);
        writeText(run.resolve(SUMMARY), root.toPrettyString() + "\n");
    }

    /** Writes {@code evaluation.json}. */
    public static void writeEvaluation(Path run, Evaluation evaluation) {
        writeText(run.resolve(EVALUATION), evaluation.toJson());
    }

    /**
     * Writes {@code embeddings.npy} and {@code labels.npy}.
     *
     * @param embeddings features of test images by the trained backbone (n, d), float32
     * @param labels their classes (n)
     */
    public static void writeEmbeddings(Path run, Tensor embeddings, int[] labels) {
        Check.matrix("embeddings", embeddings);
        if (labels.length != embeddings.shape().size(0)) {
            throw new IllegalArgumentException("labels: expected one for each of "
                    + embeddings.shape().size(0) + " embeddings, got " + labels.length);
        }
        Npy.write(run.resolve(EMBEDDINGS), embeddings);
        try (Tensor tensor = Tensor.ofInts(embeddings.device(), labels, labels.length)) {
            Npy.write(run.resolve(LABELS), tensor);
        }
    }

    /**
     * Writes {@code images.npy}.
     *
     * @param images the test images of the first embeddings, in their order: (n, h, w, c) uint8, c 1 (grey) or 3 (RGB)
     */
    public static void writeImages(Path run, Tensor images) {
        checkImages("images", images, 4);
        Npy.write(run.resolve(IMAGES), images);
    }

    /**
     * Writes {@code augmented.npy}.
     *
     * @param augmented (n, v, h, w, c) uint8: for each of n training images, the image itself, then its v - 1 views
     */
    public static void writeAugmented(Path run, Tensor augmented) {
        checkImages("augmented", augmented, 5);
        Npy.write(run.resolve(AUGMENTED), augmented);
    }

    private static void checkImages(String name, Tensor tensor, int rank) {
        Check.dtype(name, tensor, DType.UINT8);
        int axes = tensor.shape().rank();
        long channels = axes == rank ? tensor.shape().size(-1) : 0;
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException(name + ": expected shape "
                    + (rank == 4 ? "(n, h, w, c)" : "(n, v, h, w, c)") + " with c of 1 or 3, got " + tensor.shape());
        }
    }

    static void writeText(Path path, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        AtomicFile.write(path, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
