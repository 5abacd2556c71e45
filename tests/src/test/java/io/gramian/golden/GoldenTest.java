package io.gramian.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.Device;
import io.gramian.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every case of a directory: {@code -Dgramian.golden=DIR}, by default the cases beside this test. A case that no runner
 * knows fails. At the end a table says how many cases ran and how far the truth and the kernels were off.
 */
class GoldenTest {
    private static final double TRUTH_VALUE = 1e-10;
    private static final double TRUTH_GRADIENT = 1e-9;
    private static final double KERNEL_VALUE = 2e-5;
    private static final double KERNEL_GRADIENT = 1e-4;

    private static final List<MethodRunner> RUNNERS = List.of(
            new NtXentRunner(),
            new ContrastiveRunner(),
            new KeyLossRunner(),
            new BarlowTwinsRunner(),
            new VicRegRunner(),
            new WMseRunner(),
            new VicRegExpRunner(),
            new PredictiveRunner(),
            new LeJepaRunner(),
            new ToyCollapseRunner(),
            new WhiteningRunner(),
            new OptimizerRunner(),
            new ScheduleRunner(),
            new SpectrumRunner(),
            new DualityRunner(),
            new KnnRunner(),
            new AugmentRunner());

    private static final Map<String, Line> TABLE = new TreeMap<>();

    private static final class Line {
        int cases;
        final Score truth = new Score();
        final Score kernels = new Score();
    }

    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        try (Stream<Path> files = Files.walk(directory())) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
            assertThat(found).as("golden cases in " + directory()).isNotEmpty();
            return found.stream().map(file -> DynamicTest.dynamicTest(name(file), () -> run(GoldenCase.read(file))));
        }
    }

    @Test
    void unknownCasesAreNotSkipped() {
        GoldenCase known = GoldenCase.read(committed().resolve("barlow_twins/n4_d3_l0.0051.json"));
        assertThat(runner(known)).isNotNull();
        GoldenCase changed = new GoldenCase(known.file(), known.root().deepCopy());
        ((ObjectNode) changed.root()).put("method", "unheard_of");
        assertThat(RUNNERS.stream().filter(candidate -> candidate.knows(changed)))
                .isEmpty();
    }

    private static void run(GoldenCase golden) {
        MethodRunner runner = runner(golden);
        Score truth = new Score();
        Score kernels = new Score();
        runner.truth(golden, truth);
        try (Scope scope = Scope.open()) {
            runner.kernels(golden, Device.cpu(), kernels);
        }
        Line line = TABLE.computeIfAbsent(golden.method(), key -> new Line());
        line.cases++;
        line.truth.add(truth);
        line.kernels.add(kernels);
        assertThat(truth.checks()).as("comparisons with the file").isPositive();
        assertThat(truth.value()).as("value of the truth").isLessThanOrEqualTo(TRUTH_VALUE);
        assertThat(truth.gradient()).as("gradient of the truth").isLessThanOrEqualTo(TRUTH_GRADIENT);
        assertThat(kernels.value()).as("value of the kernels").isLessThanOrEqualTo(KERNEL_VALUE);
        assertThat(kernels.gradient()).as("gradient of the kernels").isLessThanOrEqualTo(KERNEL_GRADIENT);
    }

    private static MethodRunner runner(GoldenCase golden) {
        return RUNNERS.stream()
                .filter(candidate -> candidate.knows(golden))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no runner knows method " + golden.method() + ", case "
                        + golden.name() + ", parameters " + golden.params() + " (" + golden.file() + ")"));
    }

    @AfterAll
    static void print() {
        StringBuilder table = new StringBuilder("golden cases in " + directory() + ", relative errors\n");
        String format = "%-24s %5s  %11s %11s  %11s %11s%n";
        table.append(String.format(
                Locale.ROOT, format, "method", "cases", "truth value", "gradient", "kernel value", "gradient"));
        int cases = 0;
        for (Map.Entry<String, Line> entry : TABLE.entrySet()) {
            Line line = entry.getValue();
            cases += line.cases;
            table.append(String.format(
                    Locale.ROOT,
                    format,
                    entry.getKey(),
                    line.cases,
                    String.format(Locale.ROOT, "%.1e", line.truth.value()),
                    String.format(Locale.ROOT, "%.1e", line.truth.gradient()),
                    String.format(Locale.ROOT, "%.1e", line.kernels.value()),
                    String.format(Locale.ROOT, "%.1e", line.kernels.gradient())));
        }
        System.out.print(table.append(cases).append(" cases run\n"));
    }

    private static Path directory() {
        String given = System.getProperty("gramian.golden", "");
        return given.isEmpty() ? committed() : Path.of(given);
    }

    private static Path committed() {
        return Path.of(System.getProperty("gramian.root", ".."), "tests/src/test/resources/golden");
    }

    private static String name(Path file) {
        return directory().relativize(file).toString();
    }
}
