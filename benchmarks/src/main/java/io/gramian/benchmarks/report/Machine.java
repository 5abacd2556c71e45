package io.gramian.benchmarks.report;

import io.gramian.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Where and with what a run was measured.
 *
 * @param cpu model name of the processor
 * @param cores cores that this process may use
 * @param instructionSet what our kernels use: plain, avx2 or avx512
 * @param blasCore the core that OpenBLAS chose
 * @param java version of the Java runtime
 * @param commit commit of this repository, {@code unknown} outside one
 * @param time start of the run
 */
public record Machine(
        String cpu, int cores, String instructionSet, String blasCore, String java, String commit, String time) {
    /** This machine, now. */
    public static Machine here() throws IOException {
        String cpu = "unknown";
        for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
            if (line.startsWith("model name")) {
                cpu = line.substring(line.indexOf(':') + 1).trim();
                break;
            }
        }
        var kernels = Device.cpu().backend().kernels();
        return new Machine(
                cpu,
                Runtime.getRuntime().availableProcessors(),
                kernels.gramian_instruction_set().getString(),
                kernels.gramian_blas_core().getString(),
                Runtime.version().toString(),
                System.getProperty("gramian.commit", "unknown"),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }
}
