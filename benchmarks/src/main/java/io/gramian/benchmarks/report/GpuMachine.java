package io.gramian.benchmarks.report;

/**
 * Where and with what a run on a GPU was measured.
 *
 * @param gpu name of the GPU
 * @param driver version of the driver, and the CUDA version that it supports
 * @param clocks clocks, power limit and temperature before and after, as nvidia-smi tells them
 * @param pytorch version of the peer, empty when there was none
 * @param commit commit of this repository, {@code unknown} outside one
 * @param time start of the run
 */
public record GpuMachine(String gpu, String driver, String clocks, String pytorch, String commit, String time) {
    /** The same machine with a peer. */
    public GpuMachine withPytorch(String version) {
        return new GpuMachine(gpu, driver, clocks, version, commit, time);
    }

    /** The same machine with what nvidia-smi told at the end. */
    public GpuMachine withClocks(String words) {
        return new GpuMachine(gpu, driver, words, pytorch, commit, time);
    }
}
