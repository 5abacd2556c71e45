package io.gramian.benchmarks;

import io.gramian.benchmarks.report.Machine;
import io.gramian.benchmarks.report.Measurement;
import io.gramian.benchmarks.report.Results;
import io.gramian.benchmarks.report.Scaling;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./gramian bench}: runs the benchmarks beside their peers and writes JSON, a table and a plot. */
@Command(
        name = "gramian bench",
        description = {
            "Measures kernels and the training step beside PyTorch, after checking that both compute the same.",
            "Leave the machine alone meanwhile."
        },
        footer = {
            "",
            "Names: nt-xent, info-nce, dcl, queue, barlow-twins, vicreg, w-mse (together: losses), spectrum, adamw, step,",
            "and djl-nt-xent, djl-barlow-twins, djl-vicreg, pytorch-nt-xent, pytorch-barlow-twins, pytorch-vicreg,",
            "dl4j-nt-xent, dl4j-barlow-twins, dl4j-vicreg (together: trainers): ours inside a trainer beside its own",
            "operators. None for all. Peers: djl is PyTorch 2.7.1 through DJL, bytedeco is PyTorch 2.10, samediff that of",
            "Deeplearning4j; -dual is the duality by hand, -batched all slices in one call.",
            "",
            "Examples:",
            "  ./gramian bench losses",
            "  ./gramian bench trainers",
            "  ./gramian bench step --out /tmp/bench",
            "  ./gramian bench report   # the tables of benchmarks/results into the README"
        })
public final class Main implements Callable<Integer> {
    private static final List<String> LOSSES =
            List.of("nt-xent", "info-nce", "dcl", "queue", "barlow-twins", "vicreg", "w-mse");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "What to measure; everything by default.")
    private List<String> names = List.of();

    @Option(names = "--quick", description = "One short iteration each: whether everything runs, not how fast.")
    private boolean quick;

    @Option(names = "--out", paramLabel = "DIR", description = "Where results go; default: benchmarks/results")
    private @Nullable Path out;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli acts on it
    private boolean help;

    /** Made by {@link #commandLine()}. */
    Main() {}

    /** Runs the benchmarks and ends the JVM: 0 done, 1 failure, 2 wrong usage. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The parser with its error handling: for {@link #main} and for tests. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setParameterExceptionHandler((failure, arguments) -> {
            failure.getCommandLine().getErr().println("gramian bench: " + failure.getMessage());
            failure.getCommandLine().getErr().println("Try: ./gramian bench --help");
            return 2;
        });
        line.setExecutionExceptionHandler((failure, at, result) -> {
            String message = failure.getMessage();
            at.getErr().println("gramian bench: " + (message == null ? failure.toString() : message));
            return 1;
        });
        return line;
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        List<Comparison> chosen = chosen();
        Path folder = out != null ? out : repository().resolve("benchmarks/results");
        Files.createDirectories(folder);
        Path memory = Files.createTempDirectory("gramian-bench");
        try {
            for (Comparison comparison : chosen) {
                if (!Agreement.ofAllPeers(comparison, jvmArguments(memory))) {
                    return 1;
                }
            }
            Machine machine = Machine.here();
            List<Measurement> measurements = new ArrayList<>();
            for (Comparison comparison : chosen) {
                for (RunResult run : new Runner(options(comparison, memory)).run()) {
                    measurements.add(measurement(run, memory));
                }
            }
            PrintWriter screen = spec.commandLine().getOut();
            List<Scaling> scaling = new ArrayList<>();
            for (Comparison comparison : chosen) {
                if (!comparison.oneCall() && !TrainerComparisons.has(comparison.name())) {
                    comparison.shapes().forEach(shape -> scaling.add(ThreadTurns.measure(comparison, shape, quick)));
                }
            }
            write("cpu", new Results(machine, ofTrainers(measurements, false), scaling), folder, screen);
            write("trainers", new Results(machine, ofTrainers(measurements, true), List.of()), folder, screen);
            screen.println("written to " + folder.toAbsolutePath().normalize());
            screen.flush();
            return 0;
        } finally {
            delete(memory);
        }
    }

    private static List<Measurement> ofTrainers(List<Measurement> measurements, boolean trainers) {
        return measurements.stream()
                .filter(each -> TrainerComparisons.has(each.kernel()) == trainers)
                .toList();
    }

    /** Writes results if there are any. */
    private static void write(String name, Results results, Path folder, PrintWriter screen) throws IOException {
        if (!results.measurements().isEmpty()) {
            results.write(folder, name, name.equals("trainers") ? "Inside other trainers" : "Gramian beside PyTorch");
            screen.println();
            screen.println(results.table());
        }
    }

    private List<Comparison> chosen() {
        List<Comparison> all = Comparisons.everything();
        List<String> known = all.stream().map(Comparison::name).toList();
        List<String> wanted = new ArrayList<>();
        for (String name : names) {
            if (!List.of("losses", "trainers").contains(name) && !known.contains(name)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "expected losses, trainers, report, or names of " + String.join(", ", known) + ", got '" + name
                                + "'");
            }
            wanted.addAll(
                    switch (name) {
                        case "losses" -> LOSSES;
                        case "trainers" ->
                            TrainerComparisons.ALL.stream()
                                    .map(Comparison::name)
                                    .toList();
                        default -> List.of(name);
                    });
        }
        return all.stream()
                .filter(each -> wanted.isEmpty() || wanted.contains(each.name()))
                .toList();
    }

    private static List<String> jvmArguments(Path memory) {
        String cache = repository().resolve("benchmarks/target/djl").toString();
        return List.of(
                "-D" + SideBySide.MEMORY_FOLDER + "=" + memory,
                "-Dlogback.configurationFile=gramian-benchmarks-logback.xml",
                "-Dai.djl.offline=true",
                "-DDJL_CACHE_DIR=" + cache, // under a build folder, so that a clean removes PyTorch's libraries
                "-DENGINE_CACHE_DIR=" + cache,
                "-Dai.djl.pytorch.num_threads=" + Runtime.getRuntime().availableProcessors());
    }

    private Options options(Comparison comparison, Path memory) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("\\." + SideBySide.class.getSimpleName() + "\\.")
                .param("kernel", comparison.name())
                .param("shape", comparison.shapes().toArray(new String[0]))
                .param("side", comparison.sideNames().toArray(new String[0]))
                .jvmArgsAppend(jvmArguments(memory).toArray(new String[0]))
                .shouldFailOnError(true);
        if (comparison.oneCall() || quick) {
            options.warmupTime(TimeValue.milliseconds(1)).measurementTime(TimeValue.milliseconds(1));
        }
        if (quick) {
            options.warmupIterations(1).measurementIterations(1);
        }
        return options.build();
    }

    private static Measurement measurement(RunResult run, Path memory) throws IOException {
        String kernel = run.getParams().getParam("kernel");
        String shape = run.getParams().getParam("shape");
        String side = run.getParams().getParam("side");
        double[] times = run.getBenchmarkResults().stream()
                .flatMap(result -> result.getIterationResults().stream())
                .map(IterationResult::getPrimaryResult)
                .mapToDouble(result -> result.getScore())
                .sorted()
                .toArray();
        Path file = memory.resolve(SideBySide.key(kernel, shape, side));
        long bytes = Files.exists(file) ? Long.parseLong(Files.readString(file)) : -1;
        return new Measurement(kernel, shape, side, times[times.length / 2], times[0], times.length, bytes);
    }

    /** The checkout that this runs in or below; otherwise the working folder. */
    private static Path repository() {
        Path here = Path.of("").toAbsolutePath();
        for (Path folder = here; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("benchmarks/pom.xml"))) {
                return folder;
            }
        }
        return here;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        }
    }
}
