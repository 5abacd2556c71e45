package io.gramian.models.cli;

import picocli.CommandLine.Option;

/** Options of every command that computes. */
final class CommonOptions {
    @Option(names = "--debug", description = "Print the stack trace of a failure.")
    boolean debug;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of the kernels; by default one a core. Few results depend on the number.")
    void threads(int count) {
        if (count < 1) {
            throw new io.gramian.models.config.ConfigException("--threads must be 1 or more, got " + count);
        }
        System.setProperty("gramian.threads", Integer.toString(count));
    }
}
