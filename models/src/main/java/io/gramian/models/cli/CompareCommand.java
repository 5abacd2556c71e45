package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import io.gramian.models.report.Comparison;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "compare",
        description = {
            "Puts runs beside each other: accuracies, RankMe, speed, and the settings that differ.",
            "With -o also as one HTML page with their losses and spectra over each other."
        },
        footer = {"", "Example:", "  gramian compare runs/20260101-1200* -o comparison.html"})
final class CompareCommand extends TextCommand {
    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Run folders.")
    private List<Path> runs = new ArrayList<>();

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description = "Page to write, over an old one; ends in .html")
    private @Nullable Path page;

    @Option(names = "--title", paramLabel = "TEXT", description = "Heading of the page; default: ${DEFAULT-VALUE}")
    private String title = "Comparison of runs";

    @Option(names = "--markdown", description = "Print the accuracies as a Markdown table.")
    private boolean markdown;

    @Override
    public Integer call() {
        if (page != null && (!page.toString().endsWith(".html") || Files.isDirectory(page))) {
            throw new ConfigException("--out: expected a file that ends in .html, got " + page);
        }
        Comparison comparison = Comparison.of(runs);
        PrintWriter out = out();
        out.print(markdown ? comparison.markdown() : comparison.text());
        if (page != null) {
            comparison.write(page, title);
            out.println("page " + page);
        }
        out.flush();
        return 0;
    }
}
