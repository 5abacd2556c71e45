package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The programs of docs/examples/programs, compiled and run; each throws when its result is wrong. */
class ExamplesTest {
    private static final Path PROGRAMS = Path.of(System.getProperty("gramian.root", ".."), "docs/examples/programs");

    @TempDir
    private static Path classes;

    @BeforeAll
    static void compile() throws IOException {
        List<String> arguments = new ArrayList<>(
                List.of("--release", "17", "-Xlint:all,-path,-classfile,-try,-processing", "-Werror", "-proc:none"));
        arguments.addAll(List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        programs().forEach(program -> arguments.add(program.toString()));
        int exit = ToolProvider.getSystemJavaCompiler()
                .run(null, System.out, System.out, arguments.toArray(String[]::new));
        assertThat(exit).as("the compiler's exit code").isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "BothSides, '1024 x 1024 Gram matrix: [0-9.]+'",
        "CollapseSpectrum, 'collapsed effective rank  [34]\\.[0-9]+ of 32'",
        "TrainEncoder, 'loss [0-9.]+ at the beginning, [0-9.]+ after 200 steps'",
        "WhitenBatch, 'ZCA      covariance differs from I by [0-9.]+e-0[4-9] at most'",
        "ScoreEmbeddings, 'linear probe          (9[0-9]|100)\\.[0-9] %'"
    })
    void runs(String program, String printed) throws Exception {
        List<String> command = new ArrayList<>(JavaProcess.java(Path.of(System.getProperty("java.home"))));
        command.addAll(List.of("-cp", classes + ":" + System.getProperty("java.class.path"), program));
        JavaProcess run = JavaProcess.run(command);
        assertThat(run.exitCode()).as(run.output()).isZero();
        assertThat(run.output()).containsPattern(printed);
    }

    @Test
    void everyProgramIsRun() throws IOException {
        assertThat(programs().stream().map(program -> program.getFileName().toString()))
                .containsExactlyInAnyOrder(
                        "BothSides.java",
                        "CollapseSpectrum.java",
                        "ScoreEmbeddings.java",
                        "TrainEncoder.java",
                        "WhitenBatch.java");
    }

    private static List<Path> programs() throws IOException {
        try (Stream<Path> files = Files.list(PROGRAMS)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }
}
