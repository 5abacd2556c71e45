package io.gramian.benchmarks;

import io.gramian.benchmarks.report.Machine;
import io.gramian.benchmarks.report.Measurement;
import io.gramian.benchmarks.report.Results;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** {@code ./gramian bench}: runs the benchmarks beside their peers and writes JSON, a table and a plot. */
public final class Main {
    private static final Map<String, String> CLASSES = new LinkedHashMap<>();

    static {
        CLASSES.put("nt-xent", "NtXentBenchmark");
        CLASSES.put("queue", "QueueInfoNceBenchmark");
        CLASSES.put("barlow-twins", "BarlowTwinsBenchmark");
        CLASSES.put("vicreg", "VicRegBenchmark");
        CLASSES.put("w-mse", "WMseBenchmark");
        CLASSES.put("spectrum", "SpectrumBenchmark");
        CLASSES.put("adamw", "OptimizerBenchmark");
        CLASSES.put("step", "TrainingStepBenchmark");
    }

    private static final List<String> LOSSES = List.of("nt-xent", "queue", "barlow-twins", "vicreg", "w-mse");

    private Main() {}

    /** Takes names ({@code losses}, {@code step}, {@code nt-xent}, ...; none for all), {@code --quick}, {@code --out DIR}. */
    public static void main(String[] arguments) throws RunnerException, IOException {
        List<String> names = new ArrayList<>();
        boolean quick = false;
        Path out = defaultFolder();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--quick" -> quick = true;
                case "--out" -> out = Path.of(i + 1 < arguments.length ? arguments[++i] : "");
                case "losses" -> names.addAll(LOSSES);
                default -> names.add(arguments[i]);
            }
        }
        for (String name : names) {
            if (!CLASSES.containsKey(name)) {
                fail("bench: expected losses, " + String.join(", ", CLASSES.keySet()) + ", --quick or --out DIR, got "
                        + name);
            }
        }
        Machine machine = Machine.here();
        Path memory = Files.createTempDirectory("gramian-bench");
        Collection<RunResult> runs =
                new Runner(options(names.isEmpty() ? CLASSES.keySet() : names, quick, memory)).run();
        Results results = new Results(machine, measurements(runs, memory));
        delete(memory);
        results.write(out);
        PrintStream screen = System.out;
        screen.println();
        screen.println(results.table());
        screen.println("written to " + out.toAbsolutePath().normalize());
    }

    private static void fail(String message) {
        System.err.println(message);
        System.exit(2);
    }

    private static org.openjdk.jmh.runner.options.Options options(
            Collection<String> names, boolean quick, Path memory) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .jvmArgsAppend(
                        "-D" + SideBySide.MEMORY_FOLDER + "=" + memory,
                        "-Dlogback.configurationFile=gramian-benchmarks-logback.xml",
                        "-Dai.djl.offline=true",
                        "-DDJL_CACHE_DIR=" + cacheFolder(),
                        "-DENGINE_CACHE_DIR=" + cacheFolder(),
                        "-Dai.djl.pytorch.num_threads=" + Runtime.getRuntime().availableProcessors())
                .shouldFailOnError(true);
        for (String name : names) {
            options.include("\\." + CLASSES.get(name) + "\\.");
        }
        if (quick) {
            options.warmupIterations(1).measurementIterations(1).warmupTime(TimeValue.milliseconds(1));
            options.measurementTime(TimeValue.milliseconds(1));
        }
        return options.build();
    }

    private static List<Measurement> measurements(Collection<RunResult> runs, Path memory) throws IOException {
        List<Measurement> measurements = new ArrayList<>();
        for (RunResult run : runs) {
            BenchmarkParams parameters = run.getParams();
            double[] times = run.getBenchmarkResults().stream()
                    .flatMap(result -> result.getIterationResults().stream())
                    .map(IterationResult::getPrimaryResult)
                    .mapToDouble(result -> result.getScore())
                    .sorted()
                    .toArray();
            String kernel = kernel(parameters.getBenchmark());
            String shape = parameters.getParam("shape");
            String side = parameters.getParam("side");
            Path file = memory.resolve(SideBySide.key(kernel, shape, side));
            long bytes = Files.exists(file) ? Long.parseLong(Files.readString(file)) : -1;
            measurements.add(
                    new Measurement(kernel, shape, side, times[times.length / 2], times[0], times.length, bytes));
        }
        return measurements;
    }

    /** The kernel's name, from the name of the benchmark's method. */
    private static String kernel(String method) {
        for (Map.Entry<String, String> entry : CLASSES.entrySet()) {
            if (method.contains("." + entry.getValue() + ".")) {
                return entry.getKey();
            }
        }
        throw new IllegalStateException("unknown benchmark " + method);
    }

    /** {@code benchmarks/results} of the repository that this runs in or below; otherwise the working folder. */
    private static Path defaultFolder() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("benchmarks/pom.xml"))) {
                return folder.resolve("benchmarks/results");
            }
        }
        return Path.of("");
    }

    /** Where DJL unpacks PyTorch's libraries: under a build folder, so that a clean removes them. */
    private static Path cacheFolder() {
        return defaultFolder().toAbsolutePath().resolveSibling("target").resolve("djl");
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).collect(Collectors.toList())) {
                Files.delete(file);
            }
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
    }
}
