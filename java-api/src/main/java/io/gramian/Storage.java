package io.gramian;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A block of device memory that several tensors may view; freed with the last of them. */
final class Storage {
    private final Device device;
    private final long address;
    private final long bytes;
    private final boolean owned;
    private final AtomicInteger views = new AtomicInteger(1);
    /** Counts writes, so that autograd can tell that a saved tensor was changed. */
    final AtomicLong version = new AtomicLong();

    private Storage(Device device, long address, long bytes, boolean owned) {
        this.device = device;
        this.address = address;
        this.bytes = bytes;
        this.owned = owned;
    }

    static Storage allocate(Device device, long bytes) {
        return new Storage(device, device.backend().memory().allocate(bytes), bytes, true);
    }

    static Storage foreign(Device device, long address, long bytes) {
        return new Storage(device, address, bytes, false);
    }

    Device device() {
        return device;
    }

    long address() {
        return address;
    }

    void retain() {
        views.incrementAndGet();
    }

    void release() {
        if (views.decrementAndGet() == 0 && owned) {
            device.backend().memory().release(address, bytes);
        }
    }
}
