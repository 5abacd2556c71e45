package io.gramian.models.cli;

import io.gramian.GramianException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "bench",
        description = "Runs the benchmarks; arguments are passed on to them.",
        footer = {"", "Example:", "  gramian bench -- NtXent"})
final class BenchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ARGUMENT", arity = "0..*", description = "Arguments of the benchmarks, after --.")
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() {
        BenchmarkRunner runner = ServiceLoader.load(BenchmarkRunner.class)
                .findFirst()
                .orElseThrow(() -> new GramianException("the benchmarks are not on the class path; run ./gramian bench"
                        + " in a checkout, which builds them"));
        return runner.run(List.copyOf(arguments));
    }
}
