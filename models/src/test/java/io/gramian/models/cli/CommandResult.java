package io.gramian.models.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;

/** What the command line answered, called inside this process. */
record CommandResult(int code, String out, String err) {
    static CommandResult run(List<String> arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new CommandResult(line.execute(arguments.toArray(new String[0])), out.toString(), err.toString());
    }

    static CommandResult run(Object... arguments) {
        return run(Arrays.stream(arguments).map(Object::toString).toList());
    }

    /** The same of a call that has to succeed. */
    static CommandResult well(Object... arguments) {
        return run(arguments).well();
    }

    CommandResult well() {
        assertThat(code).as(err).isZero();
        return this;
    }

    /** It ended with this code and one sentence, which has these words, and without a stack trace. */
    void fails(int expected, String... words) {
        assertThat(err).contains(words).doesNotContain("\tat ");
        assertThat(err.lines().filter(line -> line.startsWith("gramian: "))).hasSize(1);
        assertThat(code).isEqualTo(expected);
    }
}
