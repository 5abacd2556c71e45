package io.gramian.models.train;

import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.models.config.ConfigFile;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A training run at a step, in one safetensors file that is written atomically: weights, optimiser state, and as metadata the
 * step and the configuration. The position of the loader and every random draw follow from the step, so nothing else is needed
 * to go on bit for bit.
 *
 * @param step steps taken
 * @param method name of the system
 * @param digest of the configuration
 * @param config the configuration as YAML
 */
public record Checkpoint(long step, String method, String digest, String config) {
    private static final String FORMAT = "gramian-checkpoint-1";

    /**
     * Writes a checkpoint.
     *
     * @param tensors weights and state by name
     * @throws GramianException if it cannot be written; the file that was there is then unchanged
     */
    public void save(Path path, Map<String, Tensor> tensors) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("step", Long.toString(step));
        metadata.put("method", method);
        metadata.put("digest", digest);
        metadata.put("config", config);
        Safetensors.write(path, tensors, metadata);
    }

    /** Reads what a checkpoint says about itself, without its tensors. */
    public static Checkpoint describe(Path path) {
        try (SafetensorsFile file = Safetensors.open(path)) {
            return describe(path, file);
        }
    }

    /**
     * Checks, before anything is made, that a run may go on from its checkpoint, if it has one.
     *
     * @throws GramianException if that was made with other settings, naming each with its value then and now
     */
    public static void check(RunFolder folder, TrainConfig config) {
        if (!Files.exists(folder.checkpoint())) {
            return;
        }
        Checkpoint made = describe(folder.checkpoint());
        if (!made.digest.equals(config.digest())) {
            throw new GramianException(folder.checkpoint() + " was made with another configuration than "
                    + folder.config() + " (" + differences(made.config, config)
                    + "); restore that file, or start a new run");
        }
    }

    /** Settings of training that are others now, as in {@code batch was 64, is 32}. */
    private static String differences(String made, TrainConfig now) {
        Map<String, Object> then = ConfigFile.parseFlat(made, "checkpoint");
        return ConfigFile.parseFlat(now.toYaml(), "configuration").entrySet().stream()
                .filter(each ->
                        TrainConfig.counts(each.getKey()) && !each.getValue().equals(then.get(each.getKey())))
                .map(each -> each.getKey() + " was " + then.getOrDefault(each.getKey(), "absent") + ", is "
                        + each.getValue())
                .collect(Collectors.joining("; "));
    }

    private static Checkpoint describe(Path path, SafetensorsFile file) {
        Map<String, String> metadata = file.metadata();
        String format = metadata.getOrDefault("format", "none");
        if (!format.equals(FORMAT)) {
            throw new GramianException(
                    path + " is not a checkpoint of training: expected format " + FORMAT + ", got " + format);
        }
        String step = metadata.getOrDefault("step", "");
        if (!step.matches("\\d{1,18}")) {
            throw new GramianException(
                    path + ": expected a number of steps, got '" + step + "'; the checkpoint is damaged");
        }
        return new Checkpoint(
                Long.parseLong(step),
                metadata.getOrDefault("method", ""),
                metadata.getOrDefault("digest", ""),
                metadata.getOrDefault("config", ""));
    }

    /**
     * Reads a checkpoint into the tensors of a run. Nothing is changed unless every tensor fits.
     *
     * @throws GramianException if the file is damaged or of another architecture, naming the first tensor that differs
     */
    public static Checkpoint load(Path path, Map<String, Tensor> tensors) {
        try (SafetensorsFile file = Safetensors.open(path)) {
            Checkpoint checkpoint = describe(path, file);
            checkFits(path, file, tensors);
            checkNothingElse(path, file, tensors);
            tensors.forEach(file::readInto);
            return checkpoint;
        }
    }

    /**
     * Reads weights from a checkpoint or an exported model; what else is in the file is left out.
     *
     * @param config of whoever reads
     * @throws GramianException if the file is damaged or of another architecture, naming the settings that differ and the
     *     first tensor
     */
    public static void loadWeights(Path path, TrainConfig config, Map<String, Tensor> tensors) {
        try (SafetensorsFile file = Safetensors.open(path)) {
            try {
                checkFits(path, file, tensors);
            } catch (GramianException misfit) {
                String made = file.metadata().get("config");
                String others = made == null ? "" : differences(made, config);
                throw others.isEmpty()
                        ? misfit
                        : new GramianException(
                                path + " was made with another configuration (" + others + "); restore config.yaml: "
                                        + misfit.getMessage(),
                                misfit);
            }
            tensors.forEach(file::readInto);
        }
    }

    private static void checkFits(Path path, SafetensorsFile file, Map<String, Tensor> tensors) {
        Set<String> names = file.names();
        tensors.forEach((name, tensor) -> {
            String expected = tensor.dtype() + " " + tensor.shape();
            String got = names.contains(name) ? file.dtype(name) + " " + file.shape(name) : "no such tensor";
            if (!expected.equals(got)) {
                throw new GramianException(path + " is of another architecture: expected " + name + " to be " + expected
                        + ", got " + got + "; use the configuration that it was trained with");
            }
        });
    }

    private static void checkNothingElse(Path path, SafetensorsFile file, Map<String, Tensor> tensors) {
        for (String name : file.names()) {
            if (!tensors.containsKey(name)) {
                throw new GramianException(path + " is of another architecture: it has " + name
                        + ", which this network has not; use the configuration that it was trained with");
            }
        }
    }
}
