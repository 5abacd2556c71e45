package io.gramian.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What ptxas said about one kernel, per architecture.
 *
 * @param registers of a thread, by architecture
 * @param spilled bytes of registers that went to memory, stores and loads, over all architectures
 * @param stack bytes of stack, over all architectures
 */
record KernelResources(Map<String, Integer> registers, int spilled, int stack) {
    private static final String REPORT = ".o.ptxas";
    private static final String SOURCES = "/src/";
    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '(\\w+)' for '(\\w+)'");
    private static final Pattern SPILLS =
            Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern USED = Pattern.compile("Used (\\d+) registers");

    /** A report beside an object file, of a source that still exists: a build folder keeps those of deleted ones. */
    private static boolean isReport(Path file) {
        String name = file.toString();
        int source = name.lastIndexOf(SOURCES);
        return name.endsWith(REPORT)
                && source >= 0
                && Files.exists(Path.of(System.getProperty("gramian.root", ".."), "cuda-kernels")
                        .resolve(name.substring(source + 1, name.length() - REPORT.length())));
    }

    /** All kernels of the reports below a folder, by their readable names. */
    static Map<String, KernelResources> read(Path folder) throws IOException, InterruptedException {
        Map<String, KernelResources> byMangled = new TreeMap<>();
        List<Path> reports;
        try (Stream<Path> files = Files.walk(folder)) {
            reports = files.filter(KernelResources::isReport).toList();
        }
        for (Path report : reports) {
            readReport(Files.readAllLines(report), byMangled);
        }
        Map<String, KernelResources> byName = new TreeMap<>();
        List<String> mangled = new ArrayList<>(byMangled.keySet());
        List<String> names = readable(mangled);
        for (int i = 0; i < mangled.size(); i++) {
            if (byName.put(names.get(i), byMangled.get(mangled.get(i))) != null) {
                throw new IllegalStateException("two kernels are called " + names.get(i) + "; rename one");
            }
        }
        return byName;
    }

    private static void readReport(List<String> lines, Map<String, KernelResources> found) {
        String kernel = "";
        String architecture = "";
        for (String line : lines) {
            Matcher entry = ENTRY.matcher(line);
            Matcher spills = SPILLS.matcher(line);
            Matcher used = USED.matcher(line);
            if (entry.find()) {
                kernel = entry.group(1);
                architecture = entry.group(2);
                found.putIfAbsent(kernel, new KernelResources(new TreeMap<>(), 0, 0));
            } else if (spills.find() && !kernel.isEmpty()) {
                KernelResources before = found.get(kernel);
                int spilled = Integer.parseInt(spills.group(2)) + Integer.parseInt(spills.group(3));
                int stack = Integer.parseInt(spills.group(1));
                found.put(
                        kernel, new KernelResources(before.registers, before.spilled + spilled, before.stack + stack));
            } else if (used.find() && !kernel.isEmpty()) {
                found.get(kernel).registers.put(architecture, Integer.parseInt(used.group(1)));
            }
        }
    }

    /** Demangled by c++filt, which comes with the compiler, without our own namespaces. */
    private static List<String> readable(List<String> mangled) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("c++filt", "--no-params").start();
        process.getOutputStream().write(String.join("\n", mangled).getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        List<String> names = new ArrayList<>();
        for (String name : output.split("\n")) {
            names.add(name.replace("(anonymous namespace)::", "")
                    .replace("gramian::", "")
                    .replace("tile::", "")
                    .replaceAll("^void ", "")
                    .strip());
        }
        return names;
    }
}
