package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Java program in a process of its own.
 *
 * @param exitCode how it ended
 * @param output what it printed, errors too
 */
record JavaProcess(int exitCode, String output) {
    private static final int SECONDS = 120;

    /** The class path of this test. */
    static List<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    /** Those jars of the class path that the Java API needs, without a logger behind SLF4J. */
    static List<Path> apiJars() {
        List<Path> jars = classPath().stream()
                .filter(jar -> jar.getFileName()
                        .toString()
                        .matches(
                                "(gramian-(native|java-api|cuda-kernels)-|javacpp-|openblas-|dnnl-|slf4j-api-|jspecify-).*"
                                        + "(?<!-simt)\\.jar"))
                .toList();
        assertThat(jars).as("jars of the reactor: run this with mvn verify").hasSizeGreaterThanOrEqualTo(10);
        return jars;
    }

    static String joined(List<Path> paths) {
        return String.join(
                File.pathSeparator, paths.stream().map(Path::toString).toList());
    }

    /** Runs a class of this module's tests on the class path of this test. */
    static JavaProcess ofClassPath(Class<?> main, String... jvmOptions) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(java(Path.of(System.getProperty("java.home"))));
        command.addAll(Arrays.asList(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        return run(command);
    }

    /** The command of a Java installation, with a small heap, and with the libraries that this test unpacked. */
    static List<String> java(Path home) {
        String unpacked = System.getProperty("org.bytedeco.javacpp.cachedir", "");
        return List.of(home.resolve("bin/java").toString(), "-Xmx256m", "-Dgramian.natives=" + unpacked);
    }

    /** Runs a command to its end. */
    static JavaProcess run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as(output).isTrue();
        return new JavaProcess(process.exitValue(), output);
    }
}
