package io.gramian;

import io.gramian.backend.Deferred;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A block of device memory that several tensors may view; freed with the last of them. */
final class Storage {
    private final Device device;
    private final long address;
    private final boolean owned;
    /** Told when nobody uses foreign memory any more. */
    private final @Nullable Runnable released;

    private final AtomicInteger views = new AtomicInteger(1);
    /** Counts writes, so that autograd can tell that a saved tensor was changed. */
    final AtomicLong version = new AtomicLong();

    private Storage(Device device, long address, boolean owned, @Nullable Runnable released) {
        this.device = device;
        this.address = address;
        this.owned = owned;
        this.released = released;
    }

    static Storage allocate(Device device, DType dtype, Shape shape) {
        if (Deferred.answering()) {
            return foreign(device, Deferred.nowhere(Math.multiplyExact(shape.elements(), dtype.bytes())));
        }
        return new Storage(device, device.backend().memory().allocate(dtype, shape), true, null);
    }

    static Storage foreign(Device device, long address) {
        return new Storage(device, address, false, null);
    }

    static Storage foreign(Device device, long address, Runnable released) {
        return new Storage(device, address, false, released);
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
        if (views.decrementAndGet() > 0) {
            return;
        }
        if (owned) {
            device.backend().memory().release(address);
        } else if (released != null) {
            released.run();
        }
    }
}
