package io.gramian.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(arguments);
    }

    @Test
    void helpNamesEveryBenchmark() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("Usage: gramian bench", "--quick", "--out", "losses", "report");
        for (Comparison comparison : Comparisons.everything()) {
            assertThat(out.toString()).contains(comparison.name());
        }
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void wrongUsageIsOneSentenceAndCodeTwo() {
        assertThat(run("losses", "nt-xend")).isEqualTo(2);
        assertThat(err.toString().lines().toList())
                .containsExactly(
                        "gramian bench: expected losses, trainers, report, or names of nt-xent, info-nce, dcl, queue, barlow-twins, vicreg, w-mse,"
                                + " spectrum, adamw, step, djl-nt-xent, djl-barlow-twins, djl-vicreg, pytorch-nt-xent,"
                                + " pytorch-barlow-twins, pytorch-vicreg, dl4j-nt-xent, dl4j-barlow-twins, dl4j-vicreg,"
                                + " got 'nt-xend'",
                        "Try: ./gramian bench --help");
        assertThat(run("--slow")).isEqualTo(2);
        assertThat(err.toString()).contains("Unknown option: '--slow'");
        assertThat(run("--out")).isEqualTo(2);
        assertThat(err.toString()).contains("Missing required parameter for option '--out'");
    }
}
