package io.gramian.models.cli;

import io.gramian.GramianException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "bench",
        description =
                "Measures the kernels beside PyTorch; a program of its own, which ./gramian builds in a checkout.",
        footer = {"", "Examples:", "  ./gramian bench --help", "  ./gramian bench losses", "  ./gramian bench report"})
final class BenchCommand extends TextCommand {
    @Parameters(paramLabel = "NAME", arity = "0..*", description = "What to measure.")
    private List<String> names = List.of();

    @Override
    public Integer call() {
        throw new GramianException("the benchmarks are not part of this program; run in a checkout: ./gramian bench"
                + (names.isEmpty() ? "" : " " + String.join(" ", names)));
    }
}
