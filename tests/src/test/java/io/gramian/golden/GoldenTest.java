package io.gramian.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.device.DeviceUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every case of a directory: {@code -Dgramian.golden=DIR}, by default the cases beside this test, on the float64 truth, on
 * the CPU and on the device under test. A case that no runner knows fails. At the end a table says how many cases ran, how far off
 * they were, and which did not run and why.
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
            new AugmentRunner(),
            new AugmentBytesRunner(),
            new PositionRunner());

    private static final GoldenTable TABLE = new GoldenTable();

    /** One way to run a case. */
    private interface Run {
        void of(GoldenCase golden);
    }

    @TestFactory
    Stream<DynamicContainer> cases() throws IOException {
        try (Stream<Path> files = Files.walk(directory())) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
            assertThat(found).as("golden cases in " + directory()).isNotEmpty();
            return Stream.of(
                    all("truth", found, GoldenTest::truth),
                    all("cpu", found, golden -> kernels(golden, Device.cpu())),
                    all(DeviceUnderTest.name(), found, golden -> kernels(golden, DeviceUnderTest.get())));
        }
    }

    private static DynamicContainer all(String name, List<Path> files, Run run) {
        return DynamicContainer.dynamicContainer(
                name,
                files.stream().map(file -> DynamicTest.dynamicTest(name(file), () -> run.of(GoldenCase.read(file)))));
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

    private static void truth(GoldenCase golden) {
        Score score = new Score();
        long start = System.nanoTime();
        runner(golden).truth(golden, score);
        TABLE.ran(golden, "truth", score, System.nanoTime() - start);
        assertThat(score.checks()).as("comparisons with the file").isPositive();
        assertThat(score.value()).as("value of the truth").isLessThanOrEqualTo(TRUTH_VALUE);
        assertThat(score.gradient()).as("gradient of the truth").isLessThanOrEqualTo(TRUTH_GRADIENT);
    }

    private static void kernels(GoldenCase golden, Device device) {
        MethodRunner runner = runner(golden);
        String none = runner.withoutKernels();
        if (none != null) {
            TABLE.missed(golden, device.toString(), none);
            return;
        }
        Score score = new Score();
        long start = System.nanoTime();
        try (Scope scope = Scope.open()) {
            runner.kernels(golden, device, score);
        }
        TABLE.ran(golden, device.toString(), score, System.nanoTime() - start);
        assertThat(score.checks()).as("comparisons with the file").isPositive();
        assertThat(score.value()).as("value of the kernels").isLessThanOrEqualTo(KERNEL_VALUE);
        assertThat(score.gradient()).as("gradient of the kernels").isLessThanOrEqualTo(KERNEL_GRADIENT);
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
        System.out.print("golden cases in " + directory() + ", largest relative errors\n" + TABLE.text());
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
