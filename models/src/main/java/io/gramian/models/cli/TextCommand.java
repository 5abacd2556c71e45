package io.gramian.models.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that prints. */
abstract class TextCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    /** The command as picocli sees it. */
    final CommandSpec spec() {
        return spec;
    }

    /** Where it prints. */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
