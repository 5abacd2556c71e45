package io.gramian.models.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.models.eval.Evaluation;
import io.gramian.spectrum.Spectrum;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a sweep found so far, in three files of its folder: {@code sweep.md}, a table; {@code sweep.json}, its numbers; and
 * {@code sweep.html}, one page without anything to load that has the spectra too. Runs stand in the order of their linear
 * probes, the best first.
 */
public final class SweepPage {
    /** The file that every sweep has, from its beginning on. */
    public static final String NUMBERS = "sweep.json";

    private static final String FORMAT = "gramian-sweep-1";
    private static final String TITLE = "Every method with one small budget";

    private final Path folder;
    private final Map<String, String> facts;
    private final List<String> missing;
    private final Map<String, String> failures;
    private final Optional<Comparison> runs;

    /**
     * Reads the runs.
     *
     * @param folder of the sweep
     * @param facts what the numbers depend on, by name, in the order to print; the environments of the runs come to them
     * @param finished folders of the runs that were evaluated
     * @param missing names of runs that were not
     * @param failures why runs among them failed, by name
     * @throws io.gramian.GramianException if a folder is not a run
     */
    public SweepPage(
            Path folder,
            Map<String, String> facts,
            List<Path> finished,
            List<String> missing,
            Map<String, String> failures) {
        this.folder = folder;
        this.missing = List.copyOf(missing);
        this.failures = Collections.unmodifiableMap(new LinkedHashMap<>(failures));
        List<Path> sorted = new ArrayList<>(finished);
        sorted.sort(Comparator.comparingDouble(run -> -linear(ComparedRun.read(run))));
        this.runs = sorted.isEmpty() ? Optional.empty() : Optional.of(Comparison.of(sorted));
        Map<String, String> all = new LinkedHashMap<>(facts);
        environments().forEach((name, values) -> all.put(name, String.join("; ", values)));
        this.facts = Collections.unmodifiableMap(all);
    }

    /** What the runs say about machine and program; several values where a sweep went on elsewhere. */
    private Map<String, Set<String>> environments() {
        Map<String, Set<String>> found = new LinkedHashMap<>();
        for (ComparedRun run : runs.map(Comparison::runs).orElse(List.of())) {
            if (run.summary() != null) {
                run.summary().environment().forEach((name, value) -> found.computeIfAbsent(
                                name, key -> new LinkedHashSet<>())
                        .add(value));
            }
        }
        return found;
    }

    private static double linear(ComparedRun run) {
        double linear = run.row(Evaluation.TRAINED).map(Evaluation.Row::linear).orElse(Double.NaN);
        return Double.isFinite(linear) ? linear : -1;
    }

    /**
     * Writes the files, over older ones; before the first run is finished, the numbers alone.
     *
     * @return path of the page
     * @throws io.gramian.GramianException if a file cannot be written
     */
    public Path write() {
        Path page = folder.resolve("sweep.html");
        RunArtifacts.writeText(folder.resolve(NUMBERS), json());
        runs.ifPresent(comparison -> {
            RunArtifacts.writeText(folder.resolve("sweep.md"), markdown(comparison));
            comparison.write(page, TITLE, verdict(), facts);
        });
        return page;
    }

    /** The table as plain text, and what it says. */
    public String text() {
        return runs.map(comparison -> comparison.scores().plain() + "\n").orElse("") + verdict();
    }

    /** Whether every run beats what it is compared with, in a sentence; and what is missing. */
    String verdict() {
        List<String> below = below();
        StringBuilder text = new StringBuilder();
        if (evaluated().isEmpty()) {
            text.append("No run was evaluated with labels.");
        } else if (below.isEmpty()) {
            String all = missing.isEmpty() ? "Every method" : "Every finished method";
            text.append(all).append(" beats the untrained network and raw pixels in the linear probe.");
        } else {
            text.append("Not above both the untrained network and raw pixels in the linear probe: ")
                    .append(String.join(", ", below))
                    .append('.');
        }
        if (!missing.isEmpty()) {
            text.append(" Not finished: ").append(String.join(", ", missing)).append('.');
        }
        failures.forEach((name, reason) ->
                text.append(' ').append(name).append(" failed: ").append(reason).append('.'));
        return text.toString();
    }

    private List<ComparedRun> evaluated() {
        return runs.map(Comparison::runs).orElse(List.of()).stream()
                .filter(run -> run.row(Evaluation.TRAINED).isPresent())
                .toList();
    }

    /** Names of the runs whose linear probe is not above that of each of their baselines. */
    private List<String> below() {
        return evaluated().stream()
                .filter(run -> !run.baselines().stream().allMatch(row -> linear(run) > row.linear()))
                .map(ComparedRun::name)
                .toList();
    }

    private String markdown(Comparison comparison) {
        StringBuilder text = new StringBuilder(comparison.scores().markdown()).append('\n');
        text.append(verdict()).append("\n\n");
        facts.forEach((name, value) ->
                text.append("* ").append(name).append(": ").append(value).append('\n'));
        return text.toString();
    }

    private String json() {
        ObjectNode root = new ObjectMapper().createObjectNode().put("format", FORMAT);
        ObjectNode about = root.putObject("facts");
        facts.forEach(about::put);
        ArrayNode list = root.putArray("runs");
        for (ComparedRun run : runs.map(Comparison::runs).orElse(List.of())) {
            ObjectNode node = list.addObject().put("name", run.name());
            run.row(Evaluation.TRAINED).ifPresent(row -> scores(node, row));
            run.embedding().ifPresent(spectrum -> node.put("embedding_rankme", spectrum.rankMe())
                    .put("embedding_effective_rank", spectrum.effectiveRank()));
            node.put("steps", run.steps()).put("loss", run.lastLoss());
            node.put("images_per_second", run.imagesPerSecond());
        }
        ArrayNode baselines = root.putArray("baselines");
        for (Comparison.Baseline baseline : runs.map(Comparison::baselines).orElse(List.of())) {
            scores(baselines.addObject().put("name", baseline.label()), baseline.row());
        }
        ArrayNode below = root.putArray("not_above_baselines");
        below().forEach(below::add);
        ArrayNode absent = root.putArray("missing");
        missing.forEach(absent::add);
        ObjectNode reasons = root.putObject("failures");
        failures.forEach(reasons::put);
        return root.toPrettyString() + "\n";
    }

    private static void scores(ObjectNode node, Evaluation.Row row) {
        node.put("dimension", row.dimension()).put("knn", row.knn()).put("linear", row.linear());
        Optional<Spectrum> spectrum = row.spectrum();
        spectrum.ifPresent(of -> node.put("rankme", of.rankMe()).put("effective_rank", of.effectiveRank()));
    }
}
