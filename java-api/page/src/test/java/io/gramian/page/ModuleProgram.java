package io.gramian.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The Maven module of the test as a Java module: its sources compiled with their descriptor, so that what they use has
 * to be required there, and a program that requires nothing else, run on the module path in a JVM of its own.
 */
public final class ModuleProgram {
    private static final Path SOURCES = Path.of("src/main");
    private static final Pattern NAME = Pattern.compile("module (io\\.gramian\\.\\w+) ");

    private final Path folder;
    private final List<Path> onModulePath;
    private final List<Path> onClassPath;
    private final List<String> compilerOptions = new ArrayList<>();

    private ModuleProgram(Path folder, List<Path> onModulePath, List<Path> onClassPath) {
        this.folder = folder;
        this.onModulePath = onModulePath;
        this.onClassPath = onClassPath;
    }

    /**
     * With the jars of the test's class path.
     *
     * @param classPath part of the names of those jars that stay on the class path, as their users have them there
     */
    public static ModuleProgram in(Path folder, String... classPath) {
        Predicate<Path> staying =
                jar -> Arrays.stream(classPath).anyMatch(part -> jar.getFileName().toString().contains(part));
        List<Path> jars = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.toString().endsWith(".jar"))
                .toList();
        return new ModuleProgram(
                folder,
                jars.stream().filter(staying.negate()).toList(),
                jars.stream().filter(staying).toList());
    }

    /** The same with options for the compiler of the module's own sources. */
    public ModuleProgram compiledWith(String... options) {
        compilerOptions.addAll(List.of(options));
        return this;
    }

    /** Compiles a class Main of package sample, runs it, and returns what it prints; it must end well. */
    public String run(String source, String... jvmOptions) throws IOException, InterruptedException {
        Path descriptor = SOURCES.resolve("module/module-info.java");
        Matcher name = NAME.matcher(Files.readString(descriptor));
        assertThat(name.find()).as(descriptor + " names a module").isTrue();
        Path ours = compiled("ours", onModulePath, compilerOptions, sources(descriptor));

        Path main = folder.resolve("sample/Main.java");
        Files.createDirectories(main.getParent());
        Files.writeString(main, "package sample;\n" + source);
        Path sample = folder.resolve("module-info.java");
        Files.writeString(sample, "module sample { requires " + name.group(1) + "; }");
        List<Path> path = new ArrayList<>(onModulePath);
        path.add(ours);
        path.add(compiled("theirs", path, List.of(), List.of(sample, main)));

        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx512m");
        command.add("-Dgramian.natives=" + System.getProperty("org.bytedeco.javacpp.cachedir", ""));
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", joined(onClassPath), "-p", joined(path), "-m", "sample/sample.Main"));
        PageExample.Result result = PageExample.finished(new ProcessBuilder(command));
        assertThat(result.status()).as(result.output()).isZero();
        return result.output();
    }

    private static List<Path> sources(Path descriptor) throws IOException {
        List<Path> sources = new ArrayList<>(List.of(descriptor));
        try (Stream<Path> files = Files.walk(SOURCES.resolve("java"))) {
            files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(sources::add);
        }
        return sources;
    }

    private Path compiled(String name, List<Path> path, List<String> options, List<Path> sources) {
        Path classes = folder.resolve(name);
        List<String> arguments = new ArrayList<>(List.of("--release", "17", "-proc:none", "-d", classes.toString()));
        arguments.addAll(List.of("--module-path", joined(path)));
        arguments.addAll(options);
        sources.forEach(source -> arguments.add(source.toString()));
        StringWriter messages = new StringWriter();
        PrintWriter writer = new PrintWriter(messages);
        int exit = ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, arguments.toArray(String[]::new));
        assertThat(exit).as(messages.toString()).isZero();
        return classes;
    }

    private static String joined(List<Path> paths) {
        return paths.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
