package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.report.RunArtifacts;
import io.gramian.models.report.SweepPage;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Trains and evaluates the runs of a sweep one after the other. Each run is a run folder as {@code gramian pretrain} makes it; a
 * run with a {@code summary.json} is finished, one with a model is trained, any other goes on from its checkpoint.
 */
final class SweepSession {
    private static final int FAILURE = 1;

    private final SweepPlan plan;
    private final String command;
    private final PrintWriter out;
    private final Device device;
    private final Map<String, String> failures = new LinkedHashMap<>();

    SweepSession(SweepPlan plan, String command, PrintWriter out, Device device) {
        this.plan = plan;
        this.command = command;
        this.out = out;
        this.device = device;
    }

    /** Runs what is not finished; returns the exit code. */
    int run() {
        page().write();
        Map<Path, List<Evaluation.Row>> baselines = baselines();
        int number = 0;
        for (TrainConfig config : plan.runs()) {
            String name = config.system().name();
            boolean finished = finished(config);
            out.printf("%n[%d/%d] %s%s%n", ++number, plan.runs().size(), name, finished ? ": finished before" : "");
            out.flush();
            if (finished) {
                continue;
            }
            try {
                int code = run(config, baselines.getOrDefault(plan.baselines(config), List.of()));
                if (code != 0) {
                    out.println("the sweep goes on with the same command");
                    out.flush();
                    return code;
                }
            } catch (GramianException failure) {
                failures.put(name, ErrorLine.sentence(failure));
                out.println("failed: " + ErrorLine.sentence(failure));
            }
            device.backend().memory().trim();
            page().write();
        }
        SweepPage page = page();
        out.println();
        out.println(page.text());
        out.println("page " + page.write());
        out.flush();
        return failures.isEmpty() ? 0 : FAILURE;
    }

    private boolean finished(TrainConfig config) {
        return Files.isRegularFile(plan.folder(config).resolve(RunArtifacts.SUMMARY));
    }

    private int run(TrainConfig config, List<Evaluation.Row> baselines) {
        Path path = plan.folder(config);
        if (!Files.isRegularFile(path.resolve("model.safetensors"))) {
            RunSession session = new RunSession(out, true, device, true);
            int code = Files.isRegularFile(path.resolve("config.yaml"))
                    ? session.resume(path)
                    : session.start(config, () -> RunFolder.createAt(path));
            if (code != 0) {
                return code;
            }
        }
        DatasetSpec data = RunData.open(config);
        try (RunFolder folder = RunFolder.lock(path)) {
            new RunEvaluation(config, data, folder, out, device, evaluation()).run(baselines);
            RunSummary.write(config, data, folder);
        }
        return 0;
    }

    /** Untrained networks and raw pixels, by folder: read where they are there, evaluated otherwise. */
    private Map<Path, List<Evaluation.Row>> baselines() {
        Map<Path, List<Evaluation.Row>> all = new LinkedHashMap<>();
        List<Evaluation.Row> pixels = new ArrayList<>();
        for (TrainConfig config : plan.networks()) {
            Path path = plan.baselines(config);
            List<Evaluation.Row> rows = baselines(config, path, pixels);
            all.put(path, rows);
            if (pixels.isEmpty()) {
                rows.stream()
                        .filter(row -> row.features().equals(Evaluation.PIXELS))
                        .forEach(pixels::add);
            }
        }
        return all;
    }

    private List<Evaluation.Row> baselines(TrainConfig config, Path path, List<Evaluation.Row> pixels) {
        Path file = path.resolve(RunArtifacts.EVALUATION);
        if (Files.isRegularFile(file)) {
            try {
                return Evaluation.fromJson(Files.readString(file)).rows();
            } catch (IOException e) {
                throw new UncheckedIOException(file + " cannot be read: " + e.getMessage(), e);
            } catch (IllegalArgumentException e) {
                throw new ConfigException(file + ": " + e.getMessage() + "; delete it, and it is made again");
            }
        }
        boolean begun = Files.isRegularFile(path.resolve("config.yaml"));
        try (RunFolder folder = begun ? RunFolder.lock(path) : RunFolder.createAt(path)) {
            AtomicFile.writeString(folder.config(), config.toYaml());
            return new RunEvaluation(config, RunData.open(config), folder, out, device, evaluation()).baselines(pixels);
        }
    }

    private static EvaluationPlan evaluation() {
        return EvaluationPlan.basic(Evaluation.Settings.defaults());
    }

    private SweepPage page() {
        List<Path> finished =
                plan.runs().stream().filter(this::finished).map(plan::folder).toList();
        List<String> missing = plan.runs().stream()
                .filter(config -> !finished(config))
                .map(config -> config.system().name())
                .toList();
        Map<String, String> facts = new LinkedHashMap<>();
        TrainConfig first = plan.runs().get(0);
        facts.put("Command", command);
        facts.put("Data", first.data());
        String batches = plan.runs().stream()
                .map(TrainConfig::batch)
                .distinct()
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining(" or "));
        facts.put(
                "Budget", first.epochs() + (first.epochs() == 1 ? " epoch" : " epochs") + " in batches of " + batches);
        facts.put("Processor", DoctorCommand.processor());
        return new SweepPage(plan.out(), facts, finished, missing, failures);
    }
}
