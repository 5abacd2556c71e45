package io.gramian.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One shape on one side: Gramian or a peer. Each pair has a JVM of its own, so that its memory can be told and two versions
 * of PyTorch never meet.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public abstract class SideBySide {
    /** System property: folder that receives one file per trial with the peak of extra bytes. */
    static final String MEMORY_FOLDER = "gramian.bench.memory";

    /** The side that is not a peer. */
    static final String OURS = "gramian";

    static final int SMALL = 64;

    private Workload workload = NOTHING;

    private double smallValue;

    private static final Workload NOTHING = new Workload() {
        @Override
        public void run() {}

        @Override
        public void close() {}
    };

    /** The work at this size, data included. */
    protected abstract Workload create(String who, int rows, int columns);

    /** Name of the work, as in {@code nt-xent}. */
    protected abstract String kernel();

    /** Rows and columns, as in {@code 256x8192}. */
    protected abstract String shape();

    /** Who does the work. */
    protected abstract String side();

    /** Makes the data, and measures the memory of the first run. */
    @Setup(Level.Trial)
    public void open() throws IOException {
        // a small run first: code and tables of the libraries are not the work's memory
        try (Workload small = create(side(), SMALL, SMALL)) {
            small.run();
            smallValue = small.value();
        }
        String[] sizes = shape().split("x");
        workload = create(side(), Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]));
        long bytes = ResidentMemory.growth(workload::run);
        String folder = System.getProperty(MEMORY_FOLDER);
        if (folder != null) {
            Files.writeString(Path.of(folder, key(kernel(), shape(), side())), Long.toString(bytes));
        }
    }

    /** The times of a peer that computes something else are not reported. */
    private void checkAgreement(double ours, double peer) {
        boolean compared = !Double.isNaN(ours) && !Double.isNaN(peer);
        if (compared && !(Math.abs(ours - peer) <= 1e-3 * Math.abs(ours))) {
            throw new IllegalStateException(
                    kernel() + ": expected " + side() + " to compute " + ours + " as we do, got " + peer);
        }
    }

    static String key(String kernel, String shape, String side) {
        return kernel + "-" + shape + "-" + side;
    }

    /** Frees the data; then compares a small problem's value with ours. */
    @TearDown(Level.Trial)
    public void close() {
        workload.close();
        // only now: our library turns OpenBLAS single-threaded, and a peer may use the same one
        try (Workload ours = create(OURS, SMALL, SMALL)) {
            checkAgreement(ours.value(), smallValue);
        }
    }

    /** The work. */
    @Benchmark
    public void run() {
        workload.run();
    }

    /** Peak growth of this process's resident memory. */
    static final class ResidentMemory {
        private ResidentMemory() {}

        /** Bytes by which the resident memory exceeded its start at most, while the task ran. */
        static long growth(Runnable task) {
            try {
                System.gc();
                Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // 5: resets the high-water mark
                long before = read("VmRSS:");
                task.run();
                return Math.max(0, read("VmHWM:") - before);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        private static long read(String field) throws IOException {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith(field)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
            throw new IOException("/proc/self/status has no " + field);
        }
    }
}
