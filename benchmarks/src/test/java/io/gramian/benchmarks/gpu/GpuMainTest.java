package io.gramian.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.benchmarks.report.GpuMachine;
import io.gramian.benchmarks.report.GpuResults;
import io.gramian.benchmarks.report.GpuRow;
import io.gramian.benchmarks.report.Measurement;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What can be known of the benchmarks of a GPU without one: the work on the processor, files, tables and messages. */
class GpuMainTest {
    private static final GpuMachine MACHINE = new GpuMachine("A GPU", "1.2 (CUDA 13.0)", "SM 1", "", "abc", "now");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int run(String... arguments) {
        CommandLine line = GpuMain.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(arguments);
    }

    private static Measurement took(String side, double millis) {
        return new Measurement("nt-xent", "8192x128 bfloat16", side, millis, millis, 21, 2_000_000);
    }

    /** The call that is timed is that of the public loss: same gradients, to the bit. */
    @Test
    void theTimedCallIsTheLoss() {
        for (String kernel : List.of("barlow-twins", "vicreg", "nt-xent")) {
            for (int[] shape : new GpuKernels().small(kernel)) {
                try (PairWork work = (PairWork) new GpuKernels().make(kernel, Device.cpu(), shape[0], shape[1])) {
                    work.run();
                    work.await();
                    Map<String, float[]> timed = work.gradients();
                    Map<String, float[]> known = work.exchange();
                    timed.forEach((name, values) -> assertThat(values).isEqualTo(known.get(name)));
                }
            }
        }
        try (WhiteningWork work = new WhiteningWork(Device.cpu(), 512, 16)) {
            work.run();
            work.await();
            Map<String, float[]> timed = work.gradients();
            Map<String, float[]> known = work.exchange();
            timed.forEach((name, values) -> assertThat(values).isEqualTo(known.get(name)));
        }
    }

    @Test
    void everyKernelLeavesItsSmallCases() throws IOException {
        assertThat(run("--device", "cpu", "--check-only", "--exchange", folder.toString()))
                .as(err.toString())
                .isZero();
        String work = Files.readString(folder.resolve("work.json"));
        for (GpuRow row : GpuRow.ALL) {
            assertThat(work).contains("\"kernel\" : \"" + row.kernel() + "\"", "\"shape\" : \"" + row.shape() + "\"");
        }
        assertThat(folder.resolve("nt-xent-96x48/a.f32")).hasSize(4L * 48 * 48);
        assertThat(folder.resolve("w-mse-256x64/db.f32")).hasSize(4L * 256 * 64);
        assertThat(folder.resolve("eigenvalues-3x24/values.f32")).hasSize(4L * 3 * 24);
        // ResNet-18 without a classifier
        assertThat(Files.readAllBytes(folder.resolve("step-8x32/parameters.f32")))
                .hasSize(4);
    }

    @Test
    void wrongUsageIsOneSentence() {
        assertThat(run("nt-xend")).isEqualTo(2);
        assertThat(err.toString()).contains("expected names of barlow-twins, vicreg", "got 'nt-xend'");
        assertThat(run("--device", "cpu")).isEqualTo(1);
        assertThat(err.toString()).contains("times are taken on a GPU only; with --device cpu add --check-only");
    }

    @Test
    void aTimerTakesTheMedianOfItsSamples() {
        try (PairWork work = PairWork.ntXent(Device.cpu(), 32, 8)) {
            GpuTimer.Times times = GpuTimer.measure(work, true);
            assertThat(times.samples()).isOne();
            assertThat(times.median()).isPositive().isCloseTo(times.least(), within(0.0));
        }
    }

    @Test
    void whatWasNotMeasuredSaysSo() {
        String empty = GpuResults.none().table();
        assertThat(empty.lines().filter(line -> line.endsWith("| not measured |")))
                .hasSameSizeAs(GpuRow.ALL);
        GpuResults some = GpuResults.none()
                .on(MACHINE)
                .with(
                        List.of(took("gramian", 0.15), took("torch", 0.9)),
                        Map.of("nt-xent 8192x128 bfloat16 torch-compile", "out of memory"));
        assertThat(some.table())
                .contains("A GPU, driver 1.2 (CUDA 13.0), SM 1, PyTorch none, commit abc")
                .contains("| nt-xent 8192x128 bfloat16 | 0.1500 | 2.0 | torch | 0.9000 | 2.0 | 6.0 |")
                .contains(
                        "| nt-xent 8192x128 bfloat16 | 0.1500 | 2.0 | torch-compile | out of memory |  | not measured |")
                .contains(
                        "| w-mse 2048x128 float32 | not measured |  | torch-loop, torch-batched, torch-batched-compile |"
                                + " not measured |  | not measured |");
    }

    @Test
    void peersAreMergedAndDrawn() throws IOException {
        GpuResults.none()
                .on(MACHINE)
                .with(List.of(took("gramian", 0.25)), Map.of())
                .write(folder, "gpu");
        Path peers = Files.writeString(
                folder.resolve("peers.json"),
                """
                {"pytorch": "2.11.0", "gpu": "A GPU", "agreement": {"nt-xent-96x48 torch": 1e-07},
                 "measurements": [{"kernel": "nt-xent", "shape": "8192x128 bfloat16", "side": "torch",
                   "medianMillis": 1.0, "minMillis": 0.9, "iterations": 21, "extraBytes": 1000000}],
                 "notes": {"nt-xent 65536x128 bfloat16 torch": "out of memory"}}
                """);
        assertThat(run("--out", folder.toString(), "--merge", peers.toString()))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).contains("PyTorch 2.11.0", "| torch | 1.000 | 1.0 | 4.0 |", "| out of memory |");
        assertThat(run("--report", folder.toString())).as(err.toString()).isZero();
        assertThat(folder.resolve("gpu.png")).isNotEmptyFile();
        assertThat(Files.readString(folder.resolve("gpu.md"))).contains("| torch | 1.000 | 1.0 | 4.0 |");
        Files.writeString(peers, Files.readString(peers).replace("\"A GPU\"", "\"Another\""));
        assertThat(run("--out", folder.toString(), "--merge", peers.toString())).isOne();
        assertThat(err.toString()).contains("expected results of A GPU, got those of Another");
    }
}
