package io.gramian.pack;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.backend.CudaDevice;
import io.gramian.backend.CudaProbe;
import io.gramian.device.DeviceUnderTest;
import io.gramian.pack.TestOutcome.Status;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs the device tests and the golden cases outside Maven: on a GPU, which has to be there, or, where that is accepted,
 * on the SIMT executor. Class after class; what has ended is on disk at any time.
 */
@Command(name = "run-tests", mixinStandardHelpOptions = true)
public final class PackTests implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int NO_GPU = 3;

    /** How long a test may run past the end of the time before the run is ended for it. */
    private static final int GRACE_SECONDS = 60;

    @Option(
            names = {"-o", "--out"},
            defaultValue = "results")
    private Path out = Path.of("results");

    @Option(names = "--name", defaultValue = "tests", description = "Name of the files in the output folder.")
    private String name = "tests";

    @Option(names = "--without-gpu", description = "Accept that there is no GPU.")
    private boolean withoutGpu;

    @Option(names = "--only", paramLabel = "REGEX", description = "Classes whose name this pattern finds.")
    private @Nullable String only;

    @Option(names = "--tag", paramLabel = "TAG", description = "Tests with this tag alone.")
    private @Nullable String tag;

    @Option(names = "--minutes", paramLabel = "N", description = "Begin no test class after so many minutes.")
    private double minutes = Double.POSITIVE_INFINITY;

    @Option(names = "--allow-none", description = "No test is no mistake.")
    private boolean allowNone;

    @Option(names = "--why-no-gpu", description = "Print why no GPU can be used, nothing if one can, and end.")
    private boolean whyNoGpu;

    private final PrintStream screen = System.out;
    private final TestCollector collector = new TestCollector();

    /** Made by {@link #main}. */
    PackTests() {}

    /** Ends the JVM: 0 passed, 1 a test failed, 2 wrong usage, 3 passed, but not on a GPU. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new PackTests()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        String missing = whyNoGpu();
        if (whyNoGpu) {
            screen.print(missing);
            return 0;
        }
        System.setProperty(DeviceUnderTest.PROPERTY, missing.isEmpty() ? "cuda:0" : "simt");
        Map<String, String> facts = facts(missing);
        facts.forEach((key, value) -> screen.printf("%-8s %s%n", key, value));
        TestReport report = new TestReport(out, name, facts);
        Launcher launcher = LauncherFactory.create();
        List<TestIdentifier> classes;
        try {
            classes = classes(launcher);
        } catch (PatternSyntaxException wrong) {
            screen.println("run-tests: --only: expected a regular expression, got " + only);
            return USAGE;
        }
        if (classes.isEmpty()) {
            if (allowNone) {
                return 0;
            }
            screen.println("run-tests: no test class fits --only " + only + (tag == null ? "" : " --tag " + tag));
            return USAGE;
        }
        watch(start, report);
        List<String> late = new ArrayList<>();
        for (TestIdentifier type : classes) {
            if (seconds(start) > minutes * 60) {
                late.add(type.getDisplayName());
            } else {
                run(launcher, type);
                report.write(collector.outcomes(), false);
            }
        }
        report.write(collector.outcomes(), late.isEmpty());
        return conclude(missing, late, seconds(start));
    }

    /** Why the tests do not run on a GPU; empty if they do. */
    private static String whyNoGpu() {
        try {
            Device.cuda(0);
            return "";
        } catch (GramianException refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    private static Map<String, String> facts(String missing) {
        CudaProbe cuda = CudaProbe.result();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("commit", System.getProperty("gramian.commit", "unknown"));
        facts.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("device", DeviceUnderTest.name() + (missing.isEmpty() ? "" : " (the CUDA sources on the processor)"));
        List<CudaDevice> found = cuda.devices();
        facts.put(
                "gpu", found.isEmpty() ? "none: " + cuda.reason() : found.get(0).toString());
        facts.put(
                "cuda",
                "driver " + (cuda.driver().isEmpty() ? "none" : cuda.driver()) + ", built with " + cuda.runtime());
        facts.put("clocks", System.getProperty("gramian.gpu.facts", "unknown"));
        facts.put("java", Runtime.version().toString());
        return facts;
    }

    private List<TestIdentifier> classes(Launcher launcher) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectPackage("io.gramian.device"), selectPackage("io.gramian.golden"))
                .filters(
                        ClassNameFilter.includeClassNamePatterns(".*Test"),
                        ClassNameFilter.includeClassNamePatterns(only == null ? ".*" : ".*(" + only + ").*"),
                        TagFilter.excludeTags("checkout"));
        if (tag != null) {
            request.filters(TagFilter.includeTags(tag));
        }
        TestPlan plan = launcher.discover(request.build());
        List<TestIdentifier> classes = new ArrayList<>();
        for (TestIdentifier engine : plan.getRoots()) {
            classes.addAll(plan.getChildren(engine));
        }
        return classes;
    }

    private void run(Launcher launcher, TestIdentifier type) {
        int before = collector.outcomes().size();
        long start = System.nanoTime();
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectUniqueId(type.getUniqueId()))
                .filters(TagFilter.excludeTags("checkout"));
        if (tag != null) {
            request.filters(TagFilter.includeTags(tag));
        }
        LauncherDiscoveryRequest built = request.build();
        launcher.execute(built, collector);
        List<TestOutcome> all = collector.outcomes();
        List<TestOutcome> mine = all.subList(before, all.size());
        screen.printf(
                Locale.ROOT,
                "%-34s %4d passed, %d failed, %d left out, %.1f s%n",
                type.getDisplayName(),
                TestReport.count(mine, Status.PASSED),
                TestReport.count(mine, Status.FAILED),
                TestReport.count(mine, Status.LEFT_OUT),
                seconds(start));
        mine.stream()
                .filter(each -> each.status() == Status.FAILED)
                .forEach(each -> screen.println("  FAILED " + each.name() + ": " + each.message()));
    }

    /** Ends the run if a test does not end by itself: a kernel that hangs cannot be interrupted. */
    private void watch(long start, TestReport report) {
        if (Double.isInfinite(minutes)) {
            return;
        }
        Thread watch = new Thread(() -> {
            try {
                Thread.sleep((long) (1000 * (minutes * 60 + GRACE_SECONDS - seconds(start))));
                List<TestOutcome> outcomes = new ArrayList<>(collector.outcomes());
                String hung = collector.running();
                AssertionError reason = new AssertionError("did not end in time: " + hung);
                outcomes.add(new TestOutcome("io.gramian.pack.PackTests", hung, 0, Status.FAILED, reason));
                report.write(outcomes, false);
                System.out.println("FAILED " + reason.getMessage());
                Runtime.getRuntime().halt(FAILED);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        });
        watch.setDaemon(true);
        watch.start();
    }

    private int conclude(String missing, List<String> late, double seconds) {
        List<TestOutcome> outcomes = collector.outcomes();
        Map<String, Integer> leftOut = new TreeMap<>();
        outcomes.stream()
                .filter(each -> each.status() == Status.LEFT_OUT)
                .forEach(each -> leftOut.merge(each.message(), 1, Integer::sum));
        leftOut.forEach((reason, count) -> screen.println(count + " test(s) " + reason));
        if (!late.isEmpty()) {
            screen.println("not begun in " + minutes + " minutes: " + String.join(", ", late));
        }
        long failed = TestReport.count(outcomes, Status.FAILED);
        screen.printf(
                Locale.ROOT,
                "%d passed, %d failed, %d skipped%n",
                TestReport.count(outcomes, Status.PASSED),
                failed,
                TestReport.count(outcomes, Status.LEFT_OUT));
        screen.printf(
                Locale.ROOT, "on %s in %.0f s; results: %s%n", DeviceUnderTest.name(), seconds, out.toAbsolutePath());
        if (!missing.isEmpty()) {
            screen.println("NOT TESTED: nothing ran on a GPU, because " + missing);
            screen.println("The CUDA sources ran on the SIMT executor, which says nothing about the compiled kernels,"
                    + " the driver, CUDA libraries or speed"
                    + (withoutGpu ? "." : "; --without-gpu accepts that."));
        }
        return failed > 0 || !late.isEmpty() ? FAILED : missing.isEmpty() || withoutGpu ? 0 : NO_GPU;
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
