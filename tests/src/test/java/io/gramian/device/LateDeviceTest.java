package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.models.train.Metrics;
import io.gramian.models.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pretraining on an executor that works when somebody waits for it, and no earlier: the latest that a GPU can be. */
class LateDeviceTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void onTheExecutor() {
        DeviceUnderTest.onlyOnTheExecutor("how late a GPU is nobody chooses");
    }

    private static TrainConfig config(Path folder) throws IOException {
        String[] small = {
            "projector.hidden=[8]",
            "projector.out=4",
            "queue.length=32",
            "shuffle.groups=1",
            "record.spectrum_steps=0",
            "record.checkpoint_steps=1000"
        };
        return TinyTraining.config(TinyTraining.images(folder), "moco-v2", small);
    }

    /** Trains in a process of its own. Arguments: a folder, and whether steps are captured. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        TrainConfig config = config(folder);
        List<Long> times = new ArrayList<>();
        List<Double> losses = TinyTraining.run(
                config,
                folder.resolve("late"),
                DeviceUnderTest.get(),
                Boolean.parseBoolean(arguments[1]),
                () -> times.add(System.nanoTime()));
        List<String> lines = new ArrayList<>(List.of("" + (times.get(times.size() - 1) - times.get(0)) / 1e9));
        losses.forEach(loss -> lines.add("" + loss));
        Files.write(folder.resolve("told"), lines);
    }

    /**
     * Losses have the bits of the executor that works at once, which they have only if everybody waits for what he reads; and
     * the times of the steps cover the training: the device's work is in them, not only what it took to ask for it.
     */
    @Test
    void lateWorkIsWaitedForAndTimed() throws IOException, InterruptedException {
        List<Double> expected =
                TinyTraining.run(config(folder), folder.resolve("at once"), DeviceUnderTest.get(), false, () -> {});
        assertThat(expected).hasSize(TinyTraining.STEPS);
        for (boolean captured : new boolean[] {false, true}) {
            Path own = Files.createDirectory(folder.resolve("captured-" + captured));
            List<String> told = tell(own, captured);
            assertThat(told.subList(1, told.size()).stream().map(Double::valueOf))
                    .containsExactlyElementsOf(expected);
            double steps = Metrics.read(own.resolve("late").resolve("metrics.jsonl")).stream()
                    .filter(line -> line.path("type").asText().equals("step"))
                    .skip(1)
                    .mapToDouble(line -> line.path("seconds").asDouble(Double.NaN))
                    .sum();
            double wall = Double.parseDouble(told.get(0));
            assertThat(steps).as("of the %s seconds after the first step", wall).isBetween(0.5 * wall, 1.1 * wall);
        }
    }

    private static List<String> tell(Path folder, boolean captured) throws IOException, InterruptedException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                LateDeviceTest.class.getName(),
                folder.toString(),
                "" + captured);
        Path log = folder.resolve("log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("GRAMIAN_SIMT_LAZY", "1");
        Process process = builder.start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
        return Files.readAllLines(folder.resolve("told"));
    }
}
