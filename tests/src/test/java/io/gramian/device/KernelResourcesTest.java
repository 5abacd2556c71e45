package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * No kernel spills registers, and none takes more of them, or of shared memory, than {@code docs/kernels.md} says. With
 * {@code -Dgramian.kernels.record=true} the tables there are written anew.
 */
@Tag("checkout")
class KernelResourcesTest {
    private static final String BEGIN = "<!-- kernels:begin -->";
    private static final String END = "<!-- kernels:end -->";
    private static final String SHARED_BEGIN = "<!-- shared:begin -->";
    private static final String SHARED_END = "<!-- shared:end -->";
    private static final Path ROOT = Path.of(System.getProperty("gramian.root", ".."));
    private static final Path PAGE = ROOT.resolve("docs/kernels.md");

    @Test
    void noKernelSpillsOrGrows() throws IOException, InterruptedException {
        Path folder = ROOT.resolve("cuda-kernels/target/cmake/CMakeFiles/gramian_cuda.dir");
        assumeTrue(Files.exists(folder), "no CUDA library here: the build found no nvcc");
        Map<String, KernelResources> kernels = KernelResources.read(folder);
        assertThat(kernels)
                .as("kernels in the reports of ptxas below %s", folder)
                .isNotEmpty();
        List<String> spilling = new ArrayList<>();
        kernels.forEach((name, resources) -> {
            if (resources.spilled() != 0 || resources.stack() != 0) {
                spilling.add(name + ": " + resources.spilled() + " bytes spilled, " + resources.stack() + " of stack");
            }
        });
        assertThat(spilling).as("kernels that keep registers in memory").isEmpty();
        if (Boolean.getBoolean("gramian.kernels.record")) {
            record(kernels);
        }
        Map<String, Map<String, Integer>> recorded = recorded();
        List<String> grown = new ArrayList<>();
        kernels.forEach((name, resources) -> resources.registers().forEach((architecture, registers) -> {
            Integer allowed = recorded.getOrDefault(name, Map.of()).get(architecture);
            if (allowed == null || registers > allowed) {
                grown.add(name + " on " + architecture + ": " + registers + " registers, recorded "
                        + (allowed == null ? "nothing" : allowed));
            }
        }));
        assertThat(grown)
                .as("kernels with more registers than docs/kernels.md has; if that is meant, write it anew with the"
                        + " command given there")
                .isEmpty();
        assertThat(recorded.keySet())
                .as("kernels of docs/kernels.md")
                .containsExactlyInAnyOrderElementsOf(kernels.keySet());
    }

    /** The executor's own tests, which run before these, wrote down what each launch took. */
    @Test
    void sharedMemoryDoesNotGrow() throws IOException {
        Path file = ROOT.resolve("cuda-kernels/target/cmake/simt/shared_bytes.txt");
        assertThat(file).as("written by the tests of cuda-kernels").exists();
        Map<String, Integer> taken = new TreeMap<>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ");
            taken.put(words[0], Integer.valueOf(words[1]));
        }
        if (Boolean.getBoolean("gramian.kernels.record")) {
            StringBuilder table = new StringBuilder("\n| launch | bytes |\n|--|--:|\n");
            taken.forEach((name, bytes) -> table.append(String.format(Locale.ROOT, "| `%s` | %,d |%n", name, bytes)));
            write(SHARED_BEGIN, SHARED_END, table);
        }
        Map<String, Integer> recorded = new TreeMap<>();
        for (String[] cells : rows(SHARED_BEGIN, SHARED_END, 3)) {
            recorded.put(cells[1].replace("`", ""), Integer.valueOf(cells[2].replace(",", "")));
        }
        List<String> grown = new ArrayList<>();
        taken.forEach((name, bytes) -> {
            Integer allowed = recorded.get(name);
            if (allowed == null || bytes > allowed) {
                grown.add(name + ": " + bytes + " bytes, recorded " + (allowed == null ? "nothing" : allowed));
            }
        });
        assertThat(grown)
                .as("kernels with more shared memory than docs/kernels.md has; if that is meant, write it anew with the"
                        + " command given there")
                .isEmpty();
        assertThat(recorded.keySet())
                .as("launches of docs/kernels.md")
                .containsExactlyInAnyOrderElementsOf(taken.keySet());
    }

    private static void record(Map<String, KernelResources> kernels) throws IOException {
        StringBuilder table = new StringBuilder("\n| kernel | registers sm_80 | registers sm_90 |\n|--|--:|--:|\n");
        kernels.forEach((name, resources) -> table.append("| `")
                .append(name)
                .append("` | ")
                .append(resources.registers().get("sm_80"))
                .append(" | ")
                .append(resources.registers().get("sm_90"))
                .append(" |\n"));
        write(BEGIN, END, table);
    }

    /** Puts a table between two marks of the page. */
    private static void write(String begin, String end, CharSequence table) throws IOException {
        String page = Files.readString(PAGE);
        Files.writeString(
                PAGE,
                page.substring(0, page.indexOf(begin) + begin.length()) + "\n" + table + "\n"
                        + page.substring(page.indexOf(end)));
    }

    /** The cells of the rows between two marks whose first one is a name; the cell before the first bar is empty. */
    private static List<String[]> rows(String begin, String end, int cells) throws IOException {
        String page = Files.readString(PAGE);
        List<String[]> found = new ArrayList<>();
        for (String line :
                page.substring(page.indexOf(begin), page.indexOf(end)).split("\n")) {
            String[] row = line.split("\\s*\\|\\s*");
            if (row.length == cells && row[1].startsWith("`")) {
                found.add(row);
            }
        }
        return found;
    }

    private static Map<String, Map<String, Integer>> recorded() throws IOException {
        Map<String, Map<String, Integer>> found = new TreeMap<>();
        for (String[] cells : rows(BEGIN, END, 4)) {
            found.put(
                    cells[1].replace("`", ""),
                    Map.of("sm_80", Integer.valueOf(cells[2]), "sm_90", Integer.valueOf(cells[3])));
        }
        return found;
    }
}
