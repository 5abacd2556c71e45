package io.gramian.golden;

import io.gramian.Device;

/** Runs the cases of a family of methods on the float64 truth and on the kernels. */
interface MethodRunner {
    /** Whether this runner can run the case, every parameter of it included. */
    boolean knows(GoldenCase golden);

    /** Runs the float64 reference. */
    void truth(GoldenCase golden, Score score);

    /** Runs the kernels of a device. A family without kernels (schedules) leaves the score untouched. */
    void kernels(GoldenCase golden, Device device, Score score);
}
