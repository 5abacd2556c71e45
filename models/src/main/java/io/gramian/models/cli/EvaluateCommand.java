package io.gramian.models.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "evaluate",
        description = "Evaluates a run by kNN and a linear probe, beside its untrained network and raw pixels.",
        footer = {"", "Example:", "  gramian evaluate runs/20260101-120000-simclr-fashion-mnist"})
final class EvaluateCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("UnusedVariable") // declares --debug; picocli keeps the value
    private CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "RUN", description = "Run folder.")
    private Path run = Path.of("");

    @Override
    public Integer call() {
        return new RunSession(spec, false).evaluate(run);
    }
}
