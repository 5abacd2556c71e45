package io.gramian.backend;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * The blocks that the calls of a captured graph use. What is freed inside the capture is given out again inside it, and to
 * nobody else before the graph is closed: its calls find their tensors where they were.
 */
final class GraphMemory {
    private final Memory memory;
    private final Map<Long, ArrayDeque<Long>> free = new HashMap<>();
    private boolean closed;

    GraphMemory(Memory memory) {
        this.memory = memory;
    }

    /** A block of this size that the capture has freed; 0 if there is none. */
    long take(long size) {
        long address = pop(size);
        if (address != 0) {
            memory.unpooled(size);
        }
        return address;
    }

    private synchronized long pop(long size) {
        ArrayDeque<Long> blocks = free.get(size);
        return blocks == null || blocks.isEmpty() ? 0 : blocks.pop();
    }

    /** Keeps a block that was freed. */
    synchronized void give(long address, long size) {
        free.computeIfAbsent(size, key -> new ArrayDeque<>()).push(address);
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Frees what is kept; blocks that are still in tensors are freed with them. */
    void close() {
        Map<Long, ArrayDeque<Long>> all;
        synchronized (this) {
            closed = true;
            all = new HashMap<>(free);
            free.clear();
        }
        all.forEach((size, blocks) -> blocks.forEach(address -> memory.freeKept(address, size)));
    }
}
