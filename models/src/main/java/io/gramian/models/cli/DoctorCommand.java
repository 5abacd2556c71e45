package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.backend.CudaDevice;
import io.gramian.backend.CudaProbe;
import io.gramian.backend.cuda.CudaLibraries;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

@Command(
        name = "doctor",
        description = "Prints what Gramian finds on this machine: Java, processor, libraries, devices, memory, data.")
final class DoctorCommand extends ComputeCommand {
    private static final List<String> FEATURES =
            List.of("sse4_2", "avx", "fma", "avx2", "avx512f", "avx512bw", "amx_tile");
    private static final List<String> LIBRARIES = List.of("libgramian", "openblas", "dnnl", "libgomp", "jnigramian");

    /** Where the Debian package dataset-fashion-mnist puts its files. */
    private static final Path FASHION_MNIST = Path.of("/usr/share/datasets/fashion-mnist");

    @Override
    public Integer call() throws IOException {
        PrintWriter out = out();
        line(out, "version", BuildVersion.line());
        line(
                out,
                "java",
                System.getProperty("java.version") + ", " + System.getProperty("java.vm.name") + ", "
                        + System.getProperty("java.home"));
        line(
                out,
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        processor(out);
        Device cpu = Device.cpu();
        line(out, "instruction set", cpu.backend().instructionSet() + " (GRAMIAN_ISA=plain|avx2 forces a lower one)");
        line(out, "blas core", cpu.backend().blasCore());
        line(out, "threads", cpu.backend().stream().threads() + " (--threads N changes it)");
        devices(out);
        libraries(out);
        memory(out);
        data(out);
        out.flush();
        return 0;
    }

    private static void line(PrintWriter out, String name, String value) {
        out.printf("%-16s %s%n", name, value);
    }

    /** The processor's name and cores, as in {@code AMD EPYC, 2 usable cores}. */
    static String processor() {
        return field(cpuInfo(), "model name") + ", " + Runtime.getRuntime().availableProcessors() + " usable cores";
    }

    private static String cpuInfo() {
        Path info = Path.of("/proc/cpuinfo");
        try {
            return Files.isReadable(info) ? Files.readString(info) : "";
        } catch (IOException unreadable) {
            return "";
        }
    }

    private static void processor(PrintWriter out) {
        List<String> flags = List.of(field(cpuInfo(), "flags").split(" "));
        String features =
                String.join(" ", FEATURES.stream().filter(flags::contains).toList());
        line(out, "processor", processor());
        line(out, "cpu features", features.isEmpty() ? "unknown" : features);
    }

    private static String field(String text, String name) {
        Matcher found = Pattern.compile("(?m)^" + name + "\\s*:\\s*(.*)$").matcher(text);
        return found.find() ? found.group(1) : "unknown";
    }

    private static void devices(PrintWriter out) {
        line(out, "device cpu", "usable");
        CudaProbe cuda = CudaProbe.result();
        for (CudaDevice device : cuda.devices()) {
            String why = cuda.whyNotUsable(device.index());
            line(out, "device cuda:" + device.index(), device + (why.isEmpty() ? "; usable" : ""));
        }
        if (cuda.devices().isEmpty()) {
            line(out, "device cuda", "not usable: " + cuda.whyNotUsable(0));
            return;
        }
        // only beside a device: without a driver these libraries break the JVM's classes for them
        String missing = CudaLibraries.missing();
        line(
                out,
                "cuda libraries",
                missing.isEmpty()
                        ? "cuBLAS, cuDNN, cuSOLVER"
                        : "own kernels take the place of what is missing: " + missing);
    }

    /** Files of native code that are mapped into this process. */
    private static void libraries(PrintWriter out) throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            line(out, "libraries", "unknown: this system has no /proc/self/maps");
            return;
        }
        TreeSet<String> paths = new TreeSet<>();
        try (Stream<String> lines = Files.lines(maps)) {
            lines.filter(each -> each.contains("/"))
                    .map(each -> each.substring(each.indexOf('/')))
                    .filter(path -> LIBRARIES.stream().anyMatch(path::contains))
                    .forEach(paths::add);
        }
        paths.forEach(path -> line(out, "library", path));
    }

    private static void memory(PrintWriter out) throws IOException {
        String total = "unknown";
        String free = "unknown";
        Path info = Path.of("/proc/meminfo");
        if (Files.isReadable(info)) {
            String text = Files.readString(info);
            total = field(text, "MemTotal");
            free = field(text, "MemAvailable");
        }
        line(out, "memory", total + ", available " + free);
        line(
                out,
                "java heap",
                String.format(Locale.ROOT, "at most %d MB", Runtime.getRuntime().maxMemory() >> 20));
    }

    private static void data(PrintWriter out) {
        boolean found = Files.isRegularFile(FASHION_MNIST.resolve("train-images-idx3-ubyte.gz"));
        line(
                out,
                "data",
                "fashion-mnist: "
                        + (found
                                ? FASHION_MNIST.toString()
                                : "not in " + FASHION_MNIST
                                        + "; training downloads it, or: apt-get install dataset-fashion-mnist"));
        line(out, "data", "cifar10, cifar100, stl10, folder:PATH, idx:IMAGES,LABELS: named with --data and --data-dir");
    }
}
