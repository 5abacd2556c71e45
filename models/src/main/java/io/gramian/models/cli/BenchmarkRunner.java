package io.gramian.models.cli;

import java.util.List;

/** Runs benchmarks: the benchmarks module provides one as a service, so that the command line need not know it. */
public interface BenchmarkRunner {
    /**
     * Runs what the arguments choose.
     *
     * @param arguments of {@code gramian bench}, unchanged
     * @return the exit code
     */
    int run(List<String> arguments);
}
