package io.gramian.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** An example of docs/embedding.md: found on the page, compiled, and run in a JVM of its own on the test's class path. */
public final class PageExample {
    /** Of the page, blank lines and imports aside. */
    private static final int LINES = 15;

    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern C = Pattern.compile("```c\\n(.*?)```", Pattern.DOTALL);

    private PageExample() {}

    /** Root of the checkout: the folder above that has the page. */
    public static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("docs/embedding.md"))) {
            folder = folder.getParent();
        }
        assertThat(folder).as("a folder above with docs/embedding.md").isNotNull();
        return folder;
    }

    /** The block of C on the page. */
    public static String c() throws IOException {
        Matcher blocks = C.matcher(Files.readString(root().resolve("docs/embedding.md")));
        assertThat(blocks.find()).as("a block of C").isTrue();
        return blocks.group(1);
    }

    /** Runs the example in the class of this name and returns what it prints; it must end well. */
    public static String run(String name, Path folder, String... jvmOptions) throws IOException, InterruptedException {
        Result result = start(name, folder, jvmOptions);
        assertThat(result.status()).as(result.output()).isZero();
        return result.output();
    }

    /**
     * How an example ended.
     *
     * @param status of its JVM
     * @param output of both streams
     */
    public record Result(int status, String output) {}

    /** Runs the example in the class of this name, however it ends. */
    public static Result start(String name, Path folder, String... jvmOptions)
            throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve(name + ".java"), source(name));
        compile(file, folder);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx512m");
        // libraries unpacked by the tests around are not unpacked once more
        String unpacked = System.getProperty("org.bytedeco.javacpp.cachedir");
        if (unpacked != null) {
            command.add("-Dorg.bytedeco.javacpp.cachedir=" + unpacked);
        }
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", folder + ":" + System.getProperty("java.class.path"), name));
        return finished(new ProcessBuilder(command));
    }

    /** Runs a command to its end. */
    public static Result finished(ProcessBuilder builder) throws IOException, InterruptedException {
        Path output = Files.createTempFile("example", ".txt");
        try {
            Process process = builder.redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(120, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            String text = Files.readString(output, StandardCharsets.UTF_8);
            assertThat(ended).as("ends within two minutes: " + text).isTrue();
            return new Result(process.exitValue(), text);
        } finally {
            Files.delete(output);
        }
    }

    /** A number that was printed behind a word. */
    public static double number(String output, String word) {
        Matcher matcher =
                Pattern.compile(Pattern.quote(word) + " ([-+.\\deE]+|NaN)").matcher(output);
        assertThat(matcher.find()).as(output).isTrue();
        return Double.parseDouble(matcher.group(1));
    }

    private static String source(String name) throws IOException {
        Matcher blocks = JAVA.matcher(Files.readString(root().resolve("docs/embedding.md")));
        while (blocks.find()) {
            if (blocks.group(1).contains("class " + name + " ")) {
                long lines = blocks.group(1)
                        .lines()
                        .filter(line -> !line.isBlank() && !line.startsWith("import "))
                        .count();
                assertThat(lines).as("lines of " + name).isLessThanOrEqualTo(LINES);
                return blocks.group(1);
            }
        }
        throw new AssertionError("docs/embedding.md has no class " + name);
    }

    private static void compile(Path file, Path output) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            List<String> options =
                    List.of("--release", "17", "-d", output.toString(), "-cp", System.getProperty("java.class.path"));
            boolean compiled = compiler.getTask(
                            messages, manager, null, options, null, manager.getJavaFileObjects(file))
                    .call();
            assertThat(compiled).as(messages.toString()).isTrue();
        }
    }
}
