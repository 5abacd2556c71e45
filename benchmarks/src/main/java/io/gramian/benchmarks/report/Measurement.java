package io.gramian.benchmarks.report;

/**
 * One side of one benchmark.
 *
 * @param kernel name of the work
 * @param shape sizes, as in {@code 256x8192}
 * @param side {@code gramian} or a peer
 * @param medianMillis median time of one call, over the measured iterations
 * @param minMillis the fastest iteration
 * @param iterations measured iterations
 * @param extraBytes growth of the process's resident memory in the first call; -1 when it was not told
 */
public record Measurement(
        String kernel,
        String shape,
        String side,
        double medianMillis,
        double minMillis,
        int iterations,
        long extraBytes) {
    /** Whether somebody else than Gramian did the work. */
    boolean isPeer() {
        return !side.equals("gramian");
    }
}
