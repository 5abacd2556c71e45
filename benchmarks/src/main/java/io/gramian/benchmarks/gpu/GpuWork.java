package io.gramian.benchmarks.gpu;

import java.util.Map;

/** One piece of work on data that is on the device already. */
interface GpuWork extends AutoCloseable {
    /** Gives the work to the device. Nothing is read back, so that calls follow each other without a gap. */
    void run();

    /** Waits until all work that was given is done. */
    void await();

    /** Does the work once and tells what went in and what came out, by name, for a peer to compare. */
    Map<String, float[]> exchange();

    /** Bytes beside inputs and outputs; -1 when that is not known. */
    long extraBytes();

    @Override
    void close();
}
