package io.gramian;

import io.gramian.backend.Backend;

/** Where tensors live and kernels run. */
public final class Device {
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
