package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program that is a module: on the module path, and in a runtime image of its own. */
class ModulesTest {
    private static final String PROGRAM = "sample.modular/sample.modular.Main";

    @TempDir
    private static Path folder;

    private static String expected = "";

    @BeforeAll
    static void compileAModule() throws IOException {
        expected = new SmallLoss().call();
        Path source = Files.createDirectories(folder.resolve("source/sample/modular"));
        Files.writeString(folder.resolve("source/module-info.java"), "module sample.modular { requires io.gramian; }");
        Path main = Path.of("src/test/java/io/gramian/published/SmallLoss.java");
        String text = Files.readString(
                        Path.of(System.getProperty("gramian.root"), "tests").resolve(main))
                .replace("package io.gramian.published;", "package sample.modular;")
                .replace("SmallLoss", "Main");
        Files.writeString(source.resolve("Main.java"), text);
        tool(
                "javac",
                "-Werror",
                "-Xlint:all,-path,-requires-automatic,-try",
                "--module-path",
                JavaProcess.joined(JavaProcess.apiJars()),
                "-d",
                folder.resolve("module").toString(),
                folder.resolve("source/module-info.java").toString(),
                source.resolve("Main.java").toString());
    }

    @Test
    void onTheModulePathNothingMoreIsAsked() throws Exception {
        List<String> command = new ArrayList<>(JavaProcess.java(Path.of(System.getProperty("java.home"))));
        command.addAll(List.of("-p", JavaProcess.joined(modulePath()), "-m", PROGRAM));
        assertThat(JavaProcess.run(command).output()).contains(expected);
    }

    @Test
    void aRuntimeImageHoldsModulesAndLibraries() throws Exception {
        Path image = folder.resolve("image");
        tool(
                "jlink",
                "--module-path",
                JavaProcess.joined(modulePath()),
                "--add-modules",
                "sample.modular",
                "--output",
                image.toString());
        List<String> command = new ArrayList<>(JavaProcess.java(image));
        command.addAll(List.of("-Dgramian.natives=" + folder.resolve("natives"), "-m", PROGRAM));
        assertThat(JavaProcess.run(command).output()).contains(expected);
    }

    private static List<Path> modulePath() {
        List<Path> paths = new ArrayList<>(List.of(folder.resolve("module")));
        // of Gramian's CUDA libraries' jar, the requirements are not here: it is for machines with a GPU
        JavaProcess.apiJars().stream()
                .filter(jar -> !jar.getFileName().toString().startsWith("gramian-cuda-kernels"))
                .forEach(paths::add);
        return paths;
    }

    private static void tool(String name, String... arguments) {
        StringWriter messages = new StringWriter();
        PrintWriter writer = new PrintWriter(messages);
        int exit = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments);
        assertThat(exit).as(messages.toString()).isZero();
    }
}
