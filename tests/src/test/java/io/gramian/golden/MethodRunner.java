package io.gramian.golden;

import io.gramian.Device;
import org.jspecify.annotations.Nullable;

/** Runs the cases of a family of methods on the float64 truth and on the kernels. */
interface MethodRunner {
    /** Whether this runner can run the case, every parameter of it included. */
    boolean knows(GoldenCase golden);

    /** Runs the float64 reference. */
    void truth(GoldenCase golden, Score score);

    /** Why there is no kernel to run, or null: the usual case. */
    default @Nullable String withoutKernels() {
        return null;
    }

    /** Runs the kernels of a device. */
    void kernels(GoldenCase golden, Device device, Score score);
}
