package io.gramian.models.report;

import io.gramian.GramianException;
import io.gramian.models.config.ConfigFile;
import io.gramian.models.eval.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of a comparison.
 *
 * @param name of its folder
 * @param settings by dotted key, as texts
 * @param metrics what it wrote as it went
 * @param summary what it was, if it ended
 * @param evaluation what came of it, if it was evaluated
 * @param problems files that cannot be read, in words
 */
record ComparedRun(
        String name,
        Map<String, String> settings,
        RunMetrics metrics,
        RunArtifacts.@Nullable Summary summary,
        @Nullable Evaluation evaluation,
        List<String> problems) {

    /**
     * Reads a run folder.
     *
     * @throws GramianException if it is not one
     */
    static ComparedRun read(Path run) {
        if (!Files.isDirectory(run)) {
            throw new GramianException(
                    "there is no run folder " + run + "; runs lie in ./runs unless --runs said otherwise");
        }
        Path config = run.resolve(RunArtifacts.CONFIG);
        if (!Files.isRegularFile(config)) {
            throw new GramianException(
                    run + " is not a run: it has no config.yaml; give a folder that gramian pretrain made");
        }
        Map<String, String> settings = new LinkedHashMap<>();
        ConfigFile.readFlat(config).forEach((key, value) -> settings.put(key, value.toString()));
        List<String> problems = new ArrayList<>();
        RunMetrics metrics = text(run, RunArtifacts.METRICS, problems, text -> text)
                .map(text -> RunMetrics.parse(text.lines().toList()))
                .orElseGet(() -> RunMetrics.parse(List.of()));
        RunArtifacts.Summary summary =
                text(run, RunArtifacts.SUMMARY, problems, RunData::summary).orElse(null);
        Evaluation evaluation = text(run, RunArtifacts.EVALUATION, problems, Evaluation::fromJson)
                .orElse(null);
        String name = String.valueOf(run.toAbsolutePath().normalize().getFileName());
        return new ComparedRun(name, settings, metrics, summary, evaluation, problems);
    }

    private interface Parsing<T> {
        T of(String text) throws IOException;
    }

    /** A file that is missing is nothing to complain about: the run may not have come so far. */
    private static <T> Optional<T> text(Path run, String file, List<String> problems, Parsing<T> parsing) {
        Path path = run.resolve(file);
        if (!Files.isRegularFile(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(parsing.of(Files.readString(path)));
        } catch (IOException | IllegalArgumentException failure) {
            problems.add(path + ": " + failure.getMessage());
            return Optional.empty();
        }
    }

    /** Value of a setting; empty if the run has no such setting. */
    String setting(String key) {
        return settings.getOrDefault(key, "");
    }

    /** A feature set that was evaluated. */
    Optional<Evaluation.Row> row(String features) {
        return Optional.ofNullable(evaluation).flatMap(all -> all.find(features));
    }

    /** What it is compared with: the other feature sets that were evaluated. */
    List<Evaluation.Row> baselines() {
        return evaluation == null
                ? List.of()
                : evaluation.rows().stream()
                        .filter(row -> !row.features().equals(Evaluation.TRAINED))
                        .toList();
    }

    /** The last spectrum of the embeddings. */
    Optional<RunMetrics.SpectrumAt> embedding() {
        List<RunMetrics.SpectrumAt> spectra = metrics.spectra();
        return spectra.isEmpty() ? Optional.empty() : Optional.of(spectra.get(spectra.size() - 1));
    }

    /** Images a second; NaN if the run did not end. */
    double imagesPerSecond() {
        return summary == null ? Double.NaN : summary.imagesPerSecond();
    }

    /** The last loss; NaN before the first. */
    double lastLoss() {
        List<RunMetrics.Step> steps = metrics.steps();
        return steps.isEmpty() ? Double.NaN : steps.get(steps.size() - 1).loss();
    }

    /** Steps that were taken. */
    long steps() {
        List<RunMetrics.Step> steps = metrics.steps();
        return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).step();
    }
}
