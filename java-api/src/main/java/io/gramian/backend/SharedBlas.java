package io.gramian.backend;

import io.gramian.Device;
import io.gramian.jni.Kernels;
import java.util.function.Supplier;

/**
 * OpenBLAS in a program where a trainer uses the same library (PyTorch of bytedeco, ND4J). Our CPU kernels split the work
 * themselves and set OpenBLAS to one thread; the trainer wants all cores. After the first {@link #run}, every call of ours on
 * the processor has one thread while it runs and gives the trainer's number back.
 */
public final class SharedBlas {
    private static volatile boolean shared;

    /** Threads that the trainer wants, and calls of ours that run; guarded by the class. */
    private static int outside;

    private static int calls;

    private SharedBlas() {}

    /** Runs a body of ours inside a trainer: calls share OpenBLAS, and pointers belong to no scope of the trainer's. */
    public static <T> T run(Supplier<T> body) {
        if (!shared) {
            share(Device.cpu().backend().kernels());
        }
        return OwnPointers.run(body);
    }

    private static synchronized void share(Kernels kernels) {
        if (!shared) {
            int now = kernels.gramian_swap_blas_threads(0);
            if (now != 1) { // the trainer's, set since our device was made
                kernels.gramian_swap_blas_threads(now);
            }
            shared = true;
        }
    }

    /** Before a call; says whether {@link #leave} is to follow it. Calls of several Java threads may overlap. */
    static boolean enter(Kernels kernels) {
        if (!shared) {
            return false;
        }
        synchronized (SharedBlas.class) {
            if (calls++ == 0) {
                outside = kernels.gramian_swap_blas_threads(1);
            }
        }
        return true;
    }

    /** After a call; the last to end gives the number back. */
    static synchronized void leave(Kernels kernels) {
        if (--calls == 0) {
            kernels.gramian_swap_blas_threads(outside);
        }
    }
}
