package io.gramian.benchmarks.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * All measurements of one run.
 *
 * @param machine where it ran
 * @param measurements one per side of each benchmark
 * @param scaling what more cores bring; empty when it was not measured
 */
public record Results(Machine machine, List<Measurement> measurements, List<Scaling> scaling) {
    /**
     * Writes a name's {@code .json}, {@code .md} and {@code .png} into this folder, over those of an earlier run.
     *
     * @param title of the plot
     */
    public void write(Path folder, String name, String title) throws IOException {
        Files.createDirectories(folder);
        new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .writeValue(folder.resolve(name + ".json").toFile(), this);
        Files.writeString(folder.resolve(name + ".md"), table());
        Plot.write(bySize(), title + ", forward + backward", folder.resolve(name + ".png"));
    }

    private Map<String, Map<String, Measurement>> bySize() {
        return bySize(measurements);
    }

    /** Sides by name, per {@code kernel shape}, in the order they were measured. */
    static Map<String, Map<String, Measurement>> bySize(List<Measurement> measurements) {
        Map<String, Map<String, Measurement>> sizes = new LinkedHashMap<>();
        for (Measurement m : measurements) {
            sizes.computeIfAbsent(m.kernel() + " " + m.shape(), key -> new LinkedHashMap<>())
                    .put(m.side(), m);
        }
        return sizes;
    }

    /** A Markdown table: a row per size and peer. */
    public String table() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                "Forward + backward, median of the iterations of one run. %s, %d cores, %s, Java %s, commit %s, %s.%n%n",
                machine.cpu(),
                machine.cores(),
                machine.instructionSet(),
                machine.java(),
                machine.commit(),
                machine.time()));
        text.append("| work | Gramian ms | extra MB | peer | peer ms | peer extra MB | times faster |\n");
        text.append("|--|--:|--:|--|--:|--:|--:|\n");
        bySize().forEach((size, sides) -> {
            Measurement ours = sides.get("gramian");
            if (ours != null) {
                List<String> rows = new ArrayList<>();
                sides.forEach((side, peer) -> {
                    if (peer.isPeer()) {
                        rows.add(row(size, ours, peer));
                    }
                });
                rows.forEach(text::append);
            }
        });
        return text.append(ofCores()).toString();
    }

    private String ofCores() {
        if (scaling.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder(String.format(
                "%nWith one thread and with all in turns, medians:%n%n"
                        + "| work | Gramian, 1 thread, ms | %d threads, ms | times faster | cores apart, ns |%n"
                        + "|--|--:|--:|--:|--:|%n",
                scaling.get(0).threads()));
        for (Scaling row : scaling) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s %s | %.2f | %.2f | %.2f | %.0f |%n",
                    row.kernel(),
                    row.shape(),
                    row.oneThreadMillis(),
                    row.allThreadsMillis(),
                    row.timesFaster(),
                    row.coresApartNanos()));
        }
        return text.toString();
    }

    private static String row(String size, Measurement ours, Measurement peer) {
        return String.format(
                Locale.ROOT,
                "| %s | %.2f | %s | %s | %.2f | %s | %.1f |%n",
                size,
                ours.medianMillis(),
                megabytes(ours),
                peer.side(),
                peer.medianMillis(),
                megabytes(peer),
                peer.medianMillis() / ours.medianMillis());
    }

    private static String megabytes(Measurement m) {
        return m.extraBytes() < 0 ? "" : String.format(Locale.ROOT, "%.1f", m.extraBytes() / 1e6);
    }
}
