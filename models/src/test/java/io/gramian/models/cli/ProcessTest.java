package io.gramian.models.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.models.train.Checkpoint;
import io.gramian.models.train.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real program, killed, interrupted and starved. */
class ProcessTest {
    @TempDir
    private Path folder;

    private String data = "";

    @BeforeEach
    void writeImages() throws IOException {
        data = TinyRun.images(folder, 256);
    }

    @Test
    void aKilledRunGoesOnBitForBit() throws Exception {
        Path whole = folder.resolve("whole");
        Path cut = folder.resolve("cut");
        Process first = TinyRun.start(folder.resolve("a.log"), TinyRun.pretrain(data, whole, 5, "--no-evaluation"));
        assertThat(TinyRun.finish(first)).isZero();
        Process killed = TinyRun.start(folder.resolve("b.log"), TinyRun.pretrain(data, cut, 5, "--no-evaluation"));
        TinyRun.await(cut.resolve("checkpoints/last.safetensors"), killed);
        killed.destroyForcibly().waitFor();
        assertThat(Checkpoint.describe(cut.resolve("checkpoints/last.safetensors"))
                        .step())
                .isLessThan(40);
        Process resumed = TinyRun.start(
                folder.resolve("c.log"), List.of("resume", cut.toString(), "--no-evaluation", "--threads", "1"));
        assertThat(TinyRun.finish(resumed)).as(log("c.log")).isZero();
        for (String file : List.of("model.safetensors", "checkpoints/last.safetensors")) {
            assertThat(cut.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
        }
        assertThat(losses(cut)).isEqualTo(losses(whole)).hasSize(40);
    }

    @Test
    void aKilledSweepGoesOnAndEndsWithTheSameTable() throws Exception {
        Path whole = folder.resolve("whole");
        Path cut = folder.resolve("cut");
        Process first = TinyRun.start(folder.resolve("a.log"), TinyRun.sweep("simclr,byol", data, whole, 4));
        assertThat(TinyRun.finish(first)).as(log("a.log")).isZero();
        Process killed = TinyRun.start(folder.resolve("b.log"), TinyRun.sweep("simclr,byol", data, cut, 4));
        TinyRun.await(cut.resolve("byol/checkpoints/last.safetensors"), killed);
        killed.destroyForcibly().waitFor();
        assertThat(cut.resolve("byol/summary.json")).doesNotExist();
        List<Path> kept = List.of(cut.resolve("simclr/summary.json"), cut.resolve("baselines/evaluation.json"));
        List<FileTime> written = times(kept);
        Process resumed = TinyRun.start(folder.resolve("c.log"), TinyRun.sweep("simclr,byol", data, cut, 4));
        assertThat(TinyRun.finish(resumed)).as(log("c.log")).isZero();
        assertThat(log("c.log"))
                .contains("simclr: finished before")
                .containsPattern("byol on .*, 32 steps of 32 images, going on at step ");
        assertThat(times(kept)).isEqualTo(written);
        assertThat(numbers(cut)).isEqualTo(numbers(whole));
        assertThat(numbers(cut).path("runs")).hasSize(2);
    }

    private static List<FileTime> times(List<Path> files) throws IOException {
        List<FileTime> times = new ArrayList<>();
        for (Path file : files) {
            times.add(Files.getLastModifiedTime(file));
        }
        return times;
    }

    /** The numbers of a sweep that do not depend on the speed of the machine. */
    private static JsonNode numbers(Path sweep) throws IOException {
        ObjectNode root = (ObjectNode)
                new ObjectMapper().readTree(sweep.resolve("sweep.json").toFile());
        root.remove("facts");
        root.path("runs").forEach(run -> ((ObjectNode) run).remove("images_per_second"));
        return root;
    }

    @Test
    void interruptionSavesAndSaysHowToGoOn() throws Exception {
        Path run = folder.resolve("run");
        // a build in the background ignores SIGINT, and so do its children, unless told otherwise
        Process process = TinyRun.start(
                folder.resolve("log"),
                List.of("env", "--default-signal=INT"),
                TinyRun.pretrain(data, run, 100_000, "--no-evaluation"));
        TinyRun.await(run.resolve("checkpoints/last.safetensors"), process);
        new ProcessBuilder("kill", "-INT", "" + process.pid()).start().waitFor();
        assertThat(TinyRun.finish(process)).isEqualTo(130);
        assertThat(log("log")).contains("go on with: gramian resume " + run);
        long step =
                Checkpoint.describe(run.resolve("checkpoints/last.safetensors")).step();
        List<JsonNode> lines = Metrics.read(run.resolve("metrics.jsonl"));
        assertThat(lines.get(lines.size() - 1).path("step").asLong()).isEqualTo(step);
        assertNothingHalfWritten(run);
    }

    @Test
    void aFullDiskKeepsTheOldCheckpoint() throws Exception {
        Path run = folder.resolve("run");
        Path log = folder.resolve("log");
        Path checkpoint = run.resolve("checkpoints/last.safetensors");
        Process killed = TinyRun.start(log, TinyRun.pretrain(data, run, 100_000, "--no-evaluation"));
        TinyRun.await(checkpoint, killed);
        killed.destroyForcibly().waitFor();
        byte[] before = Files.readAllBytes(checkpoint);
        // what a kill in the middle of a save leaves behind
        Files.writeString(run.resolve("checkpoints/last.safetensors.1-1.tmp"), "half");
        // a limit on every file: what is logged in a few steps fits, a checkpoint does not
        long blocks = before.length / 512 - 2;
        Process full = TinyRun.start(
                log,
                List.of("sh", "-c", "trap '' XFSZ; ulimit -f " + blocks + "; exec \"$@\"", "sh"),
                List.of("resume", run.toString(), "--no-evaluation", "--threads", "1"));
        assertThat(TinyRun.finish(full)).isEqualTo(1);
        assertThat(log("log"))
                .contains("gramian: could not write")
                .contains("unchanged")
                .doesNotContain("\tat ");
        assertThat(checkpoint).hasBinaryContent(before);
        assertNothingHalfWritten(run);
    }

    private String log(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    private static List<Double> losses(Path run) {
        return Metrics.read(run.resolve("metrics.jsonl")).stream()
                .filter(line -> line.path("type").asText().equals("step"))
                .map(line -> line.path("loss").asDouble())
                .toList();
    }

    private static void assertNothingHalfWritten(Path run) throws IOException {
        try (Stream<Path> files = Files.walk(run)) {
            assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".tmp"));
        }
    }
}
