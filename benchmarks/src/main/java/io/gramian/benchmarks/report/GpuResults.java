package io.gramian.benchmarks.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was measured on one GPU, ours and the peers'. Rows that were not measured stay in the table and say so.
 *
 * @param machine where it ran
 * @param measurements one per side of each row
 * @param notes why a side has no measurement, by {@code kernel shape side}, as in {@code out of memory}
 */
public record GpuResults(GpuMachine machine, List<Measurement> measurements, Map<String, String> notes) {
    private static final String NOT_MEASURED = "not measured";

    /** The side that is not a peer. */
    public static final String OURS = "gramian";

    /** Keeps copies. */
    public GpuResults {
        measurements = List.copyOf(measurements);
        notes = Map.copyOf(notes);
    }

    /** Nothing measured anywhere. */
    public static GpuResults none() {
        return new GpuResults(new GpuMachine("", "", "", "", "", ""), List.of(), Map.of());
    }

    /** Reads what {@link #write} wrote. */
    public static GpuResults read(Path file) throws IOException {
        return new ObjectMapper().readValue(file.toFile(), GpuResults.class);
    }

    /** Writes {@code NAME.json} and {@code NAME.md} into this folder, over older ones. */
    public void write(Path folder, String name) throws IOException {
        Files.createDirectories(folder);
        Path fresh = folder.resolve(name + ".json.new");
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(fresh.toFile(), this);
        Files.move(fresh, folder.resolve(name + ".json"), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(folder.resolve(name + ".md"), table());
    }

    /** Writes the plot of what was measured beside a peer, if anything was. */
    public void plot(Path file) throws IOException {
        Plot.write(bySize(), "Gramian beside PyTorch, " + machine.gpu(), file);
    }

    /** These results with others of the same run in front of older ones. */
    public GpuResults with(List<Measurement> more, Map<String, String> moreNotes) {
        Map<String, Measurement> all = new LinkedHashMap<>();
        measurements.forEach(m -> all.put(key(m.kernel(), m.shape(), m.side()), m));
        Map<String, String> allNotes = new LinkedHashMap<>(notes);
        for (Measurement m : more) {
            all.put(key(m.kernel(), m.shape(), m.side()), m);
            allNotes.remove(key(m.kernel(), m.shape(), m.side()));
        }
        allNotes.putAll(moreNotes);
        return new GpuResults(machine, new ArrayList<>(all.values()), allNotes);
    }

    /** These results for a machine that is described anew. */
    public GpuResults on(GpuMachine other) {
        return new GpuResults(other, measurements, notes);
    }

    /** A Markdown table: a row per row of {@link GpuRow#ALL} and peer, one for all peers where nothing was measured. */
    public String table() {
        StringBuilder text = new StringBuilder();
        if (machine.gpu().isEmpty()) {
            text.append(String.format(
                    "On a GPU: nothing was measured yet; `./gramian gpu-pack` makes what measures it.%n%n"));
        } else {
            text.append(String.format(
                    "Forward + backward on a GPU, medians of one run. %s, driver %s, %s, PyTorch %s, commit %s, %s.%n%n",
                    machine.gpu(),
                    machine.driver(),
                    machine.clocks(),
                    machine.pytorch().isEmpty() ? "none" : machine.pytorch(),
                    machine.commit(),
                    machine.time()));
        }
        text.append("| work | Gramian ms | extra MB | peer | peer ms | peer extra MB | times faster |\n");
        text.append("|--|--:|--:|--|--:|--:|--:|\n");
        Map<String, Map<String, Measurement>> sizes = bySize();
        for (GpuRow row : GpuRow.ALL) {
            Map<String, Measurement> sides = sizes.getOrDefault(row.kernel() + " " + row.shape(), Map.of());
            boolean nothing = sides.isEmpty()
                    && notes.keySet().stream().noneMatch(key -> key.startsWith(row.kernel() + " " + row.shape() + " "));
            if (nothing) {
                text.append(line(row, sides, String.join(", ", row.peers())));
            } else {
                row.peers().forEach(peer -> text.append(line(row, sides, peer)));
            }
        }
        return text.toString();
    }

    private String line(GpuRow row, Map<String, Measurement> sides, String peer) {
        Measurement ours = sides.get(OURS);
        Measurement theirs = sides.get(peer);
        String faster = ours == null || theirs == null
                ? NOT_MEASURED
                : String.format(Locale.ROOT, "%.1f", theirs.medianMillis() / ours.medianMillis());
        return String.format(
                Locale.ROOT,
                "| %s %s | %s | %s | %s | %s | %s | %s |%n",
                row.kernel(),
                row.shape(),
                millis(row, OURS, ours),
                megabytes(ours),
                peer,
                millis(row, peer, theirs),
                megabytes(theirs),
                faster);
    }

    private String millis(GpuRow row, String side, @Nullable Measurement m) {
        return m == null
                ? notes.getOrDefault(key(row.kernel(), row.shape(), side), NOT_MEASURED)
                : String.format(Locale.ROOT, m.medianMillis() < 1 ? "%.4f" : "%.3f", m.medianMillis());
    }

    private static String megabytes(@Nullable Measurement m) {
        return m == null || m.extraBytes() < 0 ? "" : String.format(Locale.ROOT, "%.1f", m.extraBytes() / 1e6);
    }

    private Map<String, Map<String, Measurement>> bySize() {
        return Results.bySize(measurements);
    }

    private static String key(String kernel, String shape, String side) {
        return kernel + " " + shape + " " + side;
    }
}
