package io.gramian.backend;

/**
 * A CUDA device of this machine.
 *
 * @param index number that CUDA gives it, from 0
 * @param name as the driver calls it
 * @param capability compute capability as {@code 10 major + minor}
 * @param bytes memory in total
 * @param freeBytes memory that was free when it was asked
 * @param fault why no kernel of this library runs on it, in words; empty when a test kernel ran and was right
 */
public record CudaDevice(int index, String name, int capability, long bytes, long freeBytes, String fault) {
    /** One line: name, compute capability, memory, and the fault if there is one. */
    @Override
    public String toString() {
        String line = "cuda:" + index + " " + name + ", compute capability " + capability / 10 + "." + capability % 10
                + ", " + (bytes >> 20) + " MiB (" + (freeBytes >> 20) + " MiB free)";
        return fault.isEmpty() ? line : line + "; cannot be used: " + fault;
    }
}
