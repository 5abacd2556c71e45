package io.gramian.backend;

import io.gramian.GramianException;
import io.gramian.jni.Kernels;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;

/**
 * Pooled memory of one device. Freed blocks are kept by size and given out again: the allocator is called in the first
 * training step, not in the others. {@code -Dgramian.pool=off} turns pooling off (for sanitizers).
 */
public final class Memory {
    private static final long GRANULE = 256;

    private final Kernels kernels;
    private final boolean onHost;
    private final boolean pooled = !"off".equals(System.getProperty("gramian.pool"));
    private final Map<Long, ArrayDeque<Long>> free = new HashMap<>();
    private final LongPointer result = new LongPointer(1);
    private long liveBytes;
    private long liveBlocks;
    private long pooledBytes;
    private long peakBytes;

    Memory(Kernels kernels, boolean onHost) {
        this.kernels = kernels;
        this.onHost = onHost;
    }

    /**
     * Whether the processor may read and write this memory at its addresses. Where not, bytes are copied over by the
     * device; the SIMT executor is treated so too, though its memory is the host's, so that tests go the way of a GPU.
     */
    public boolean onHost() {
        return onHost;
    }

    /**
     * What this memory holds.
     *
     * @param liveBytes bytes given out and not returned
     * @param liveBlocks blocks given out and not returned
     * @param pooledBytes bytes returned and kept for reuse
     * @param peakBytes the most that live and pooled bytes ever were together
     */
    public record Statistics(long liveBytes, long liveBlocks, long pooledBytes, long peakBytes) {}

    /** Address of at least this many bytes, aligned to 64, uninitialised. */
    public synchronized long allocate(long bytes) {
        long size = rounded(bytes);
        ArrayDeque<Long> blocks = free.get(size);
        long address;
        if (blocks != null && !blocks.isEmpty()) {
            address = blocks.pop();
            pooledBytes -= size;
        } else {
            address = allocateFresh(size);
        }
        liveBytes += size;
        liveBlocks++;
        peakBytes = Math.max(peakBytes, liveBytes + pooledBytes);
        return address;
    }

    /** Returns a block of {@link #allocate} with the bytes that were asked for. */
    public synchronized void release(long address, long bytes) {
        long size = rounded(bytes);
        liveBytes -= size;
        liveBlocks--;
        if (pooled) {
            free.computeIfAbsent(size, key -> new ArrayDeque<>()).push(address);
            pooledBytes += size;
        } else {
            kernels.gramian_free(address);
        }
    }

    /** Gives the pooled blocks back to the system. */
    public synchronized void trim() {
        for (ArrayDeque<Long> blocks : free.values()) {
            blocks.forEach(kernels::gramian_free);
        }
        free.clear();
        pooledBytes = 0;
    }

    /** What is held now. */
    public synchronized Statistics statistics() {
        return new Statistics(liveBytes, liveBlocks, pooledBytes, peakBytes);
    }

    private long allocateFresh(long size) {
        if (kernels.gramian_allocate(size, result.address()) != Kernels.GRAMIAN_OK) {
            trim();
            if (kernels.gramian_allocate(size, result.address()) != Kernels.GRAMIAN_OK) {
                throw new GramianException("out of memory: asked for " + size + " bytes beside " + liveBytes
                        + " bytes in " + liveBlocks + " live tensors; use a smaller batch or network");
            }
        }
        return result.get();
    }

    /** Rounds up so that sizes of one magnitude share blocks: at most an eighth is lost. */
    private long rounded(long bytes) {
        if (!pooled) {
            return bytes;
        }
        long granule = Math.max(GRANULE, Long.highestOneBit(Math.max(bytes, 1)) / 8);
        return Math.max(granule, (bytes + granule - 1) / granule * granule);
    }
}
