package io.gramian.models.cli;

import io.gramian.models.report.Report;
import io.gramian.models.train.RunFolder;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "report",
        description = "Writes report.html of a run from its files.",
        footer = {"", "Example:", "  gramian report runs/20260101-120000-simclr-fashion-mnist"})
final class ReportCommand implements Callable<Integer> {
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
        PrintWriter out = spec.commandLine().getOut();
        try (RunFolder folder = RunFolder.open(run)) {
            out.println("report " + Report.write(folder.path()));
        }
        out.flush();
        return 0;
    }
}
