package io.gramian;

import io.gramian.backend.Backend;
import io.gramian.backend.CudaProbe;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where tensors live and kernels run. */
public final class Device {
    private static final Logger LOG = LoggerFactory.getLogger(Device.class);

    private static @Nullable Device simt;

    private final String name;
    private final Backend backend;

    private Device(String name, Backend backend) {
        this.name = name;
        this.backend = backend;
    }

    private static final class Cpu {
        static final Device INSTANCE = new Device("cpu", Backend.cpu());
    }

    /** The processor of this machine: always there, one per JVM. */
    public static Device cpu() {
        return Cpu.INSTANCE;
    }

    /**
     * A CUDA device. This version finds and describes devices, but has no kernels for them yet: it always throws, with the
     * reason that applies here.
     *
     * @param index number of the device, from 0
     * @throws GramianException always, saying why the device cannot be used
     */
    public static Device cuda(int index) {
        throw new GramianException("cuda:" + index + " cannot be used: "
                + CudaProbe.result().whyNotUsable(index) + "; use Device.cpu() or Device.best()");
    }

    /**
     * The CUDA kernels, run thread by thread on the processor by the SIMT executor: thousands of times slower than a GPU,
     * for tests of kernels on machines without one. Its memory is host memory.
     *
     * @throws GramianException if the executor's library (gramian-cuda-kernels with classifier linux-x86_64-simt) is not on
     *     the class path
     */
    public static synchronized Device simt() {
        if (simt == null) {
            simt = new Device("simt", Backend.simt());
        }
        return simt;
    }

    /** The fastest device that can be used here. Logs in one line what it chose and why. */
    public static Device best() {
        Device device = cpu();
        LOG.info(
                "device {} ({}, {} threads); not cuda:0, because {}",
                device,
                device.backend.instructionSet(),
                device.backend.stream().threads(),
                CudaProbe.result().whyNotUsable(0));
        return device;
    }

    /** What the device can do. */
    public Backend backend() {
        return backend;
    }

    /** As in {@code cpu}. */
    @Override
    public String toString() {
        return name;
    }
}
