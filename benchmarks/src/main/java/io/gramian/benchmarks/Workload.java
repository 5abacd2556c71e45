package io.gramian.benchmarks;

import java.util.Map;

/** One piece of work on data that is already there, to be timed. */
public interface Workload extends AutoCloseable {
    /** Does the work once: for a loss, forward and backward. */
    void run();

    /**
     * Does the work from its start and tells what came out, by name: a loss with its gradients, the change of each
     * parameter. Sides that do the same work give the same names and, within rounding, the same numbers. To be asked
     * instead of {@link #run}, once.
     */
    Map<String, float[]> results();

    /** Frees the data. */
    @Override
    void close();
}
