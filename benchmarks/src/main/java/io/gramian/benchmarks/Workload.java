package io.gramian.benchmarks;

/** One piece of work on data that is already there, to be timed. */
public interface Workload extends AutoCloseable {
    /** Does the work once: for a loss, forward and backward. */
    void run();

    /** What the work computes, to compare sides; NaN when there is no single number. */
    default double value() {
        return Double.NaN;
    }

    /** Frees the data. */
    @Override
    void close();
}
