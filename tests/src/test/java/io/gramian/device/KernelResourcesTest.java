package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * No kernel spills registers, and none takes more of them than {@code docs/kernels.md} says. With
 * {@code -Dgramian.kernels.record=true} the table there is written anew.
 */
class KernelResourcesTest {
    private static final String BEGIN = "<!-- kernels:begin -->";
    private static final String END = "<!-- kernels:end -->";
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

    private static void record(Map<String, KernelResources> kernels) throws IOException {
        StringBuilder table = new StringBuilder("\n| kernel | registers sm_80 | registers sm_90 |\n|--|--:|--:|\n");
        kernels.forEach((name, resources) -> table.append("| `")
                .append(name)
                .append("` | ")
                .append(resources.registers().get("sm_80"))
                .append(" | ")
                .append(resources.registers().get("sm_90"))
                .append(" |\n"));
        String page = Files.readString(PAGE);
        Files.writeString(
                PAGE,
                page.substring(0, page.indexOf(BEGIN) + BEGIN.length()) + "\n" + table + "\n"
                        + page.substring(page.indexOf(END)));
    }

    private static Map<String, Map<String, Integer>> recorded() throws IOException {
        String page = Files.readString(PAGE);
        Map<String, Map<String, Integer>> found = new TreeMap<>();
        for (String line :
                page.substring(page.indexOf(BEGIN), page.indexOf(END)).split("\n")) {
            String[] cells = line.split("\\s*\\|\\s*");
            if (cells.length == 4 && cells[1].startsWith("`")) {
                found.put(
                        cells[1].replace("`", ""),
                        Map.of("sm_80", Integer.valueOf(cells[2]), "sm_90", Integer.valueOf(cells[3])));
            }
        }
        return found;
    }
}
