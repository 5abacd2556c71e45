package io.gramian.models.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "resume",
        description = "Goes on with a stopped run from its last checkpoint, bit for bit as if it had never stopped.",
        footer = {"", "Example:", "  gramian resume runs/20260101-120000-simclr-fashion-mnist"})
final class ResumeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("UnusedVariable") // declares --debug; picocli keeps the value
    private CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "RUN", description = "Run folder.")
    private Path run = Path.of("");

    @Option(names = "--no-evaluation", description = "Train only: no evaluation, no report.")
    private boolean trainOnly;

    @Override
    public Integer call() {
        return new RunSession(spec, trainOnly).resume(run);
    }
}
