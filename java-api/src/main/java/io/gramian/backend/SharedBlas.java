package io.gramian.backend;

import io.gramian.Device;
import java.util.function.Supplier;
import org.bytedeco.openblas.global.openblas;

/**
 * OpenBLAS in a program where a trainer uses the same library (PyTorch of bytedeco, ND4J). Our CPU kernels split the work
 * themselves and set OpenBLAS to one thread; the trainer wants all cores. Once this class is touched, every call of ours has
 * one thread while it runs and gives the trainer's number back.
 */
public final class SharedBlas {
    /** Threads that the trainer wants; guarded by the class. */
    private static int outside = openblas.blas_get_num_threads();

    private static int calls;

    static {
        if (outside == 1 && System.getenv("OPENBLAS_NUM_THREADS") == null && System.getenv("OMP_NUM_THREADS") == null) {
            // nobody asked for it but our own device, which was there before
            outside = Runtime.getRuntime().availableProcessors();
        }
        openblas.blas_set_num_threads(outside);
        run(Device::cpu); // sets one thread when it is made, which is undone here
        Stream.shareBlas();
    }

    private SharedBlas() {}

    /** Runs a body with one thread. Bodies of several Java threads may overlap; the last to end gives the number back. */
    public static <T> T run(Supplier<T> body) {
        enter();
        try {
            return OwnPointers.run(body);
        } finally {
            leave();
        }
    }

    static synchronized void enter() {
        if (calls++ == 0) {
            outside = openblas.blas_get_num_threads();
            openblas.blas_set_num_threads(1);
        }
    }

    static synchronized void leave() {
        if (--calls == 0) {
            openblas.blas_set_num_threads(outside);
        }
    }
}
