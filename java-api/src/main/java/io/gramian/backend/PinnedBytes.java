package io.gramian.backend;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;

/** A little host memory that a device writes to without anybody waiting, with the event of its arrival; reused. */
final class PinnedBytes {
    /** Enough for the numbers of any loss. */
    private static final long LEAST = 512;

    private static final Map<Memory, ArrayDeque<PinnedBytes>> FREE = new HashMap<>();

    private final Memory memory;
    private final long address;
    private final long bytes;
    private final Event arrived;

    private PinnedBytes(Stream stream, long bytes) {
        this.memory = stream.memory();
        this.bytes = bytes;
        try (LongPointer result = new LongPointer(1)) {
            stream.run((kernels, context) -> kernels.gramian_pinned_allocate(context, bytes, result.address()));
            this.address = result.get();
        }
        this.arrived = stream.newEvent();
    }

    /** Memory for so many bytes; to be given back. */
    static PinnedBytes take(Stream stream, long bytes) {
        synchronized (FREE) {
            ArrayDeque<PinnedBytes> free = FREE.computeIfAbsent(stream.memory(), key -> new ArrayDeque<>());
            for (PinnedBytes each : free) {
                if (each.bytes >= bytes) {
                    free.remove(each);
                    return each;
                }
            }
        }
        return new PinnedBytes(stream, Math.max(bytes, LEAST));
    }

    long address() {
        return address;
    }

    Event arrived() {
        return arrived;
    }

    void giveBack() {
        synchronized (FREE) {
            FREE.computeIfAbsent(memory, key -> new ArrayDeque<>()).push(this);
        }
    }
}
