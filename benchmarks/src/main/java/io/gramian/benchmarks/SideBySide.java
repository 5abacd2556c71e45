package io.gramian.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One shape on one side of a {@link Comparison}: Gramian or a peer. Each has a JVM of its own, so that its memory can be told
 * and two versions of PyTorch never meet.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class SideBySide {
    /** System property: folder that receives one file per trial with the peak of extra bytes. */
    static final String MEMORY_FOLDER = "gramian.bench.memory";

    private static final Workload NOTHING = new Workload() {
        @Override
        public void run() {}

        @Override
        public Map<String, float[]> results() {
            return Map.of();
        }

        @Override
        public void close() {}
    };

    /** Name of the {@link Comparison}. */
    @Param({})
    public String kernel = "";

    /** Rows and columns, as in {@code 256x8192}. */
    @Param({})
    public String shape = "";

    /** Who does the work. */
    @Param({})
    public String side = "";

    private Workload workload = NOTHING;

    /** Makes the data, and measures the memory of the first run. */
    @Setup(Level.Trial)
    public void open() throws IOException {
        Comparison comparison = Comparisons.named(kernel);
        // a small run first: code and tables of the libraries are not the work's memory
        try (Workload small = comparison.create(side, comparison.checked().get(0))) {
            small.run();
        }
        workload = comparison.create(side, shape);
        long bytes = ResidentMemory.growth(workload::run);
        String folder = System.getProperty(MEMORY_FOLDER);
        if (folder != null) {
            Files.writeString(Path.of(folder, key(kernel, shape, side)), Long.toString(bytes));
        }
    }

    /** Name of the file for the bytes of a trial. */
    static String key(String kernel, String shape, String side) {
        return kernel + "-" + shape + "-" + side;
    }

    /** Frees the data. */
    @TearDown(Level.Trial)
    public void close() {
        workload.close();
    }

    /** The work. */
    @Benchmark
    public void run() {
        workload.run();
    }
}
