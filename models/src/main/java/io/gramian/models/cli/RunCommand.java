package io.gramian.models.cli;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** A command on a run folder. */
abstract class RunCommand extends ComputeCommand {
    @Parameters(paramLabel = "RUN", description = "Run folder.")
    private Path run = Path.of("");

    /** The folder. */
    final Path run() {
        return run;
    }
}
