package io.gramian.backend;

import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import org.jspecify.annotations.Nullable;

/**
 * Float64 numbers that a kernel makes of arguments that were checked: a loss, most of all. Made once, it may be run as often
 * as wanted, on what its tensors hold at that time. A run makes no Java object, unless the device computes for a
 * {@link Deferred} body. Not for several threads at once; runs on one stream wait for each other.
 */
public final class Numbers {
    private final Stream stream;
    private final Call call;
    private final double[] values;
    private final @Nullable Tensor[] written;

    /** A kernel call that leaves its numbers at an address of the device; returns the status. */
    @FunctionalInterface
    interface Call {
        int run(Kernels kernels, long context, long at);
    }

    /**
     * The numbers of a call.
     *
     * @param count how many, at most {@link NumberSlots#COUNT}
     * @param written tensors that the call changes, null for none
     */
    Numbers(Stream stream, int count, Call call, @Nullable Tensor... written) {
        this.stream = stream;
        this.call = call;
        this.values = new double[count];
        this.written = written;
    }

    /**
     * Runs the kernel and waits for its numbers.
     *
     * @return the same array in every run
     * @throws io.gramian.GramianException if the kernel fails
     */
    public double[] run() {
        stream.slots().read(call, values);
        for (Tensor tensor : written) {
            if (tensor != null) {
                tensor.touch();
            }
        }
        return values;
    }

    /** Runs the kernel and waits for the first of its numbers: the loss itself, where that is one. */
    public double value() {
        return run()[0];
    }

    /** The address of a tensor that may be missing: 0 then. */
    static long address(@Nullable Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }
}
