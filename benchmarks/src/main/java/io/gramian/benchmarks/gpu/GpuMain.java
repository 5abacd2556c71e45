package io.gramian.benchmarks.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.backend.CudaProbe;
import io.gramian.backend.Precision;
import io.gramian.benchmarks.report.GpuMachine;
import io.gramian.benchmarks.report.GpuResults;
import io.gramian.benchmarks.report.GpuRow;
import io.gramian.benchmarks.report.Measurement;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Our side of {@code run-benchmarks} in a GPU pack: measures the rows of {@link GpuRow#ALL} on a GPU, leaves the peers' scripts
 * what they need, and puts their results beside ours.
 */
@Command(name = "run-benchmarks", mixinStandardHelpOptions = true)
public final class GpuMain implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "What to measure; everything by default.")
    private List<String> names = List.of();

    @Option(names = "--out", defaultValue = "results", description = "Folder of gpu.json and gpu.md.")
    private Path out = Path.of("results");

    @Option(names = "--exchange", description = "Folder for the peers' scripts: their work, inputs, our results.")
    private @Nullable Path exchange;

    @Option(names = "--device", defaultValue = "cuda:0", description = "cuda:0; simt or cpu only with --check-only.")
    private String device = "cuda:0";

    @Option(names = "--check-only", description = "Write the small cases, measure nothing.")
    private boolean checkOnly;

    @Option(names = "--quick", description = "One call each: whether everything runs, not how fast.")
    private boolean quick;

    @Option(names = "--merge", paramLabel = "FILE", description = "Put the results of the peers beside ours, and end.")
    private @Nullable Path merge;

    @Option(names = "--report", paramLabel = "DIR", description = "Draw tables and plots of gpu*.json there, and end.")
    private @Nullable Path report;

    private final GpuKernels kernels = new GpuKernels();

    /** Made by {@link #commandLine()}. */
    GpuMain() {}

    /** Ends the JVM: 0 done, 1 failure, 2 wrong usage. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The parser with its error handling: for {@link #main} and for tests. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new GpuMain());
        line.setExecutionExceptionHandler((failure, at, result) -> {
            at.getErr().println("run-benchmarks: " + failure.getMessage());
            return failure instanceof GramianException || failure instanceof IOException ? 1 : 2;
        });
        return line;
    }

    @Override
    public Integer call() throws IOException {
        if (report != null) {
            GpuReport.draw(report);
            return 0;
        }
        if (merge != null) {
            return merge(merge);
        }
        List<GpuRow> rows = chosen();
        Device on = open();
        if (exchange != null) {
            leaveForPeers(on, rows, exchange);
        }
        if (!checkOnly) {
            measure(on, rows);
        }
        return 0;
    }

    private Device open() {
        if (device.matches("cuda:\\d+")) {
            return Device.cuda(Integer.parseInt(device.substring("cuda:".length())));
        }
        if (!checkOnly && !quick) {
            throw new GramianException("times are taken on a GPU only; with --device " + device + " add --check-only");
        }
        return device.equals("simt") ? Device.simt() : Device.cpu();
    }

    private List<GpuRow> chosen() {
        List<String> known = GpuRow.ALL.stream().map(GpuRow::kernel).distinct().toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new ParameterException(
                        spec.commandLine(), "expected names of " + String.join(", ", known) + ", got '" + name + "'");
            }
        }
        return GpuRow.ALL.stream()
                .filter(row -> names.isEmpty() || names.contains(row.kernel()))
                .toList();
    }

    /** Small cases in float32, whatever the rows' precision is: the formulas are compared, not the roundings. */
    private void leaveForPeers(Device on, List<GpuRow> rows, Path folder) throws IOException {
        on.backend().stream().setPrecision(Precision.FLOAT32);
        Files.createDirectories(folder);
        ExchangeFolder files = new ExchangeFolder(folder);
        List<String> done = new ArrayList<>();
        for (GpuRow row : rows) {
            if (done.contains(row.kernel())) {
                continue;
            }
            done.add(row.kernel());
            for (int[] shape : kernels.small(row.kernel())) {
                try (GpuWork work = kernels.make(row.kernel(), on, shape[0], shape[1])) {
                    files.add(row.kernel(), shape[0], shape[1], work.exchange());
                }
            }
        }
        files.write(rows);
    }

    private void measure(Device on, List<GpuRow> rows) throws IOException {
        Path file = out.resolve("gpu.json");
        String clocks = NvidiaSmi.clocks();
        GpuMachine machine = machine(clocks);
        GpuResults results = older(file, machine);
        for (GpuRow row : rows) {
            results = results.with(List.of(measure(on, row)), Map.of());
            results.write(out, "gpu");
        }
        results = results.on(results.machine().withClocks(clocks + "; after: " + NvidiaSmi.clocks()));
        results.write(out, "gpu");
        print(results.table());
    }

    private Measurement measure(Device on, GpuRow row) {
        on.backend().stream().setPrecision(row.precision());
        try (GpuWork work = kernels.make(row.kernel(), on, row.rows(), row.columns())) {
            GpuTimer.Times times = GpuTimer.measure(work, quick);
            print(String.format(Locale.ROOT, "%s %s: %.4f ms", row.kernel(), row.shape(), times.median()));
            return new Measurement(
                    row.kernel(),
                    row.shape(),
                    GpuResults.OURS,
                    times.median(),
                    times.least(),
                    times.samples(),
                    work.extraBytes());
        }
    }

    private static GpuMachine machine(String clocks) {
        CudaProbe cuda = CudaProbe.result();
        String gpu = cuda.devices().isEmpty() ? "no GPU" : cuda.devices().get(0).name();
        return new GpuMachine(
                gpu,
                NvidiaSmi.driver() + " (CUDA " + cuda.driver() + ")",
                clocks,
                "",
                System.getProperty("gramian.commit", "unknown"),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** Rows of an earlier call into the same folder, if it was on the same machine with the same code. */
    private static GpuResults older(Path file, GpuMachine machine) throws IOException {
        if (Files.exists(file)) {
            GpuResults older = GpuResults.read(file);
            GpuMachine before = older.machine();
            if (before.gpu().equals(machine.gpu())
                    && before.driver().equals(machine.driver())
                    && before.commit().equals(machine.commit())) {
                return older;
            }
        }
        return GpuResults.none().on(machine);
    }

    /** The peers' file: version, measurements, and why there are none. */
    private int merge(Path peers) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode root = mapper.readTree(peers.toFile());
        List<Measurement> measurements = new ArrayList<>();
        for (JsonNode each : root.path("measurements")) {
            measurements.add(mapper.treeToValue(each, Measurement.class));
        }
        Map<String, String> notes = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> note : root.path("notes").properties()) {
            notes.put(note.getKey(), note.getValue().asText());
        }
        GpuResults ours = GpuResults.read(out.resolve("gpu.json"));
        String gpu = root.path("gpu").asText();
        if (!gpu.equals(ours.machine().gpu())) {
            throw new GramianException(
                    peers + ": expected results of " + ours.machine().gpu() + ", got those of " + gpu);
        }
        GpuResults all = ours.on(ours.machine().withPytorch(root.path("pytorch").asText()))
                .with(measurements, new HashMap<>(notes));
        all.write(out, "gpu");
        print(all.table());
        return 0;
    }

    private void print(String text) {
        PrintWriter screen = spec.commandLine().getOut();
        screen.println(text);
        screen.flush();
    }
}
