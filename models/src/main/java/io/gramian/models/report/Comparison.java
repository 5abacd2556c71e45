package io.gramian.models.report;

import io.gramian.GramianException;
import io.gramian.models.eval.Evaluation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs beside each other: which settings differ, and what came of it. Made from the files of their folders; what a run does not
 * have yet is left blank.
 */
public final class Comparison {
    /** Settings that change nothing of what is computed, and so say nothing about a run. */
    private static final Set<String> SILENT = Set.of("data_dir", "minutes");

    private static final int SHORT = 2;

    private final List<ComparedRun> runs;
    private final List<String> labels;
    private final List<Measure> measures;

    private Comparison(List<ComparedRun> runs) {
        this.runs = runs;
        this.labels = labels(runs);
        this.measures = Measure.of(runs);
    }

    /**
     * Reads runs.
     *
     * @param folders of the runs, at least one, each once; their order is kept
     * @throws GramianException if one is not a run, naming it
     * @throws IllegalArgumentException if there is none, or one twice
     */
    public static Comparison of(List<Path> folders) {
        if (folders.isEmpty()) {
            throw new IllegalArgumentException("runs: expected at least one folder, got none");
        }
        Set<Path> seen = new LinkedHashSet<>();
        List<ComparedRun> runs = new ArrayList<>();
        for (Path folder : folders) {
            if (!seen.add(folder.toAbsolutePath().normalize())) {
                throw new IllegalArgumentException("runs: expected each folder once, got " + folder + " twice");
            }
            runs.add(ComparedRun.read(folder));
        }
        return new Comparison(runs);
    }

    /** Short names of the runs that tell them apart: their methods, or the setting that differs, or their folders. */
    public List<String> labels() {
        return labels;
    }

    /** The scores, and below them the settings that differ, as plain text. */
    public String text() {
        StringBuilder text = new StringBuilder(table(true).plain());
        Map<String, List<String>> differing = differing(runs);
        text.append('\n');
        if (differing.isEmpty()) {
            return text.append(runs.size() > 1 ? "no setting differs\n" : "").toString();
        }
        List<String> heading = new ArrayList<>(List.of("settings that differ"));
        IntStream.rangeClosed(1, runs.size()).forEach(number -> heading.add(Integer.toString(number)));
        TextTable settings = new TextTable(heading.size(), heading);
        differing.forEach((key, values) -> {
            List<String> cells = new ArrayList<>(List.of(key));
            values.forEach(value -> cells.add(value.isEmpty() ? "-" : value));
            settings.row(cells);
        });
        return text.append(settings.plain()).toString();
    }

    /** The scores as a Markdown table. */
    public String markdown() {
        return table(true).markdown();
    }

    /**
     * Writes one HTML page without anything to load: scores, losses and spectra over each other, settings that differ.
     *
     * @param page file to write, over an old one
     * @param title heading of the page
     * @throws GramianException if it cannot be written
     */
    public void write(Path page, String title) {
        RunArtifacts.writeText(page, ComparisonPage.html(this, title, "", Map.of()));
    }

    /** The same with a sentence below the heading, and facts by name at the end. */
    void write(Path page, String title, String sentence, Map<String, String> facts) {
        RunArtifacts.writeText(page, ComparisonPage.html(this, title, sentence, facts));
    }

    /** The scores: runs, and below them what they are compared with. */
    TextTable scores() {
        return table(false);
    }

    /** The same, where asked for with a number and a folder for each run. */
    private TextTable table(boolean numbered) {
        TextTable table = new TextTable(
                numbered ? 2 : 1, row(numbered, "#", "run", measures.stream().map(Measure::name), "folder"));
        for (int i = 0; i < runs.size(); i++) {
            ComparedRun run = runs.get(i);
            Stream<String> values = measures.stream().map(measure -> measure.text(measure.of(run)));
            table.row(row(numbered, Integer.toString(i + 1), labels.get(i), values, run.name()));
        }
        for (Baseline baseline : baselines()) {
            Stream<String> values = measures.stream().map(measure -> measure.text(measure.of(baseline.row())));
            table.row(row(numbered, "", baseline.label(), values, ""));
        }
        return table;
    }

    private static List<String> row(
            boolean numbered, String number, String label, Stream<String> values, String folder) {
        Stream<String> cells = Stream.concat(Stream.of(label), values);
        return (numbered
                        ? Stream.of(Stream.of(number), cells, Stream.of(folder)).flatMap(part -> part)
                        : cells)
                .toList();
    }

    /** Features that runs are compared with, under a name. */
    record Baseline(String label, Evaluation.Row row) {}

    /**
     * Untrained networks and raw pixels, each once however many runs have measured the same; those of several networks or data
     * sets have the name of their first run.
     */
    List<Baseline> baselines() {
        Map<String, Baseline> found = new LinkedHashMap<>();
        for (int i = 0; i < runs.size(); i++) {
            Evaluation evaluation = runs.get(i).evaluation();
            for (Evaluation.Row row : evaluation == null ? List.<Evaluation.Row>of() : evaluation.rows()) {
                String same = row.features() + " " + row.dimension() + " " + row.knn() + " " + row.linear();
                if (!row.features().equals(Evaluation.TRAINED)) {
                    found.putIfAbsent(same, new Baseline(labels.get(i), row));
                }
            }
        }
        List<Baseline> all = new ArrayList<>();
        for (Baseline each : found.values()) {
            String features = each.row().features();
            boolean several = found.values().stream()
                            .filter(other -> other.row().features().equals(features))
                            .count()
                    > 1;
            String label = ReportSections.label(features) + (several ? " of " + each.label() : "");
            all.add(new Baseline(label, each.row()));
        }
        all.sort((a, b) -> Integer.compare(order(a), order(b)));
        return all;
    }

    private static int order(Baseline baseline) {
        return baseline.row().features().equals(Evaluation.PIXELS) ? 1 : 0;
    }

    /** Values of each setting that is not the same for all; empty for a run that has no such setting. */
    static Map<String, List<String>> differing(List<ComparedRun> runs) {
        Set<String> keys = new LinkedHashSet<>();
        runs.forEach(run -> keys.addAll(run.settings().keySet()));
        Map<String, List<String>> differing = new LinkedHashMap<>();
        for (String key : keys) {
            List<String> values = runs.stream().map(run -> run.setting(key)).toList();
            if (!SILENT.contains(key) && values.stream().distinct().count() > 1) {
                differing.put(key, values);
            }
        }
        return differing;
    }

    private static List<String> labels(List<ComparedRun> runs) {
        List<String> methods = runs.stream().map(run -> run.setting("method")).toList();
        if (unique(methods)) {
            return methods;
        }
        Map<String, List<String>> differing = differing(runs);
        differing.keySet().removeIf(key -> key.startsWith("record.") || key.startsWith("evaluation."));
        if (!differing.isEmpty() && differing.size() <= SHORT) {
            List<String> settings = IntStream.range(0, runs.size())
                    .mapToObj(i -> String.join(
                            ", ",
                            differing.entrySet().stream()
                                    .map(entry -> last(entry.getKey()) + " "
                                            + entry.getValue().get(i))
                                    .toList()))
                    .toList();
            if (unique(settings)) {
                return settings;
            }
        }
        List<String> names = runs.stream().map(ComparedRun::name).toList();
        if (unique(names)) {
            return names;
        }
        return IntStream.range(0, runs.size())
                .mapToObj(i -> names.get(i) + " (" + (i + 1) + ")")
                .toList();
    }

    private static boolean unique(List<String> texts) {
        return texts.stream().noneMatch(String::isEmpty)
                && texts.stream().distinct().count() == texts.size();
    }

    private static String last(String key) {
        return key.substring(key.lastIndexOf('.') + 1).replace('_', ' ');
    }

    List<ComparedRun> runs() {
        return Collections.unmodifiableList(runs);
    }

    List<Measure> measures() {
        return measures;
    }
}
