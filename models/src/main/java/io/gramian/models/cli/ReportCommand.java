package io.gramian.models.cli;

import io.gramian.models.report.Report;
import io.gramian.models.train.RunFolder;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

@Command(
        name = "report",
        description = "Writes report.html of a run from its files.",
        footer = {"", "Example:", "  gramian report runs/20260101-120000-simclr-fashion-mnist"})
final class ReportCommand extends RunCommand {
    @Override
    public Integer call() {
        PrintWriter out = out();
        try (RunFolder folder = RunFolder.open(run())) {
            out.println("report " + Report.write(folder.path()));
        }
        out.flush();
        return 0;
    }
}
