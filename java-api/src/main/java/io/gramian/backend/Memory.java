package io.gramian.backend;

import io.gramian.DType;
import io.gramian.GramianException;
import io.gramian.Shape;
import io.gramian.jni.Kernels;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/**
 * Memory of one device. On the CPU freed blocks are kept by size and given out again: the allocator is called in the first
 * training step, not in the others ({@code -Dgramian.pool=off} turns that off, for sanitizers). On CUDA the pool is that of
 * the CUDA runtime, in stream order: what is freed is given out again behind the work that used it.
 *
 * <p>A block belongs to the {@linkplain #current stream} of the thread that asked for it: it may be used there at once, and
 * on another stream after that has waited ({@link Stream#waitFor}); when it is freed, the work on its own stream is waited
 * for, and work on other streams only as far as its own stream has waited for it.
 */
public final class Memory {
    private static final long GRANULE = 256;
    /** Tensors that a message about memory names. */
    private static final int NAMED = 5;

    private final String device;
    private final Kernels kernels;
    private final boolean onHost;
    private final boolean pooled;
    private final Map<Long, ArrayDeque<Long>> free = new HashMap<>();
    private final Map<Long, Live> live = new HashMap<>();
    private final ThreadLocal<@Nullable Stream> current = new ThreadLocal<>();
    /** Captures that began or ended, and launches of graphs. */
    private final AtomicLong eras = new AtomicLong();

    private @Nullable Stream main;
    private long liveBytes;
    private long pooledBytes;
    private long peakBytes;

    /** A block that was given out. */
    private record Live(long bytes, DType dtype, Shape shape, Stream stream, @Nullable GraphMemory graph) {}

    Memory(String device, Kernels kernels, boolean onHost) {
        this.device = device;
        this.kernels = kernels;
        this.onHost = onHost;
        this.pooled = onHost && !"off".equals(System.getProperty("gramian.pool"));
    }

    void start(Stream stream) {
        main = stream;
    }

    long era() {
        return eras.get();
    }

    void nextEra() {
        eras.incrementAndGet();
    }

    /** As in {@code cuda:0}. */
    String device() {
        return device;
    }

    Kernels kernels() {
        return kernels;
    }

    /**
     * Whether the processor may read and write this memory at its addresses. Where not, bytes are copied over by the
     * device; the SIMT executor is treated so too, though its memory is the host's, so that tests go the way of a GPU.
     */
    public boolean onHost() {
        return onHost;
    }

    /** The stream in whose order this thread allocates, fills and copies: the main one, unless {@link Stream#use} says so. */
    public Stream current() {
        Stream stream = current.get();
        return stream != null ? stream : Objects.requireNonNull(main);
    }

    /** Makes a stream the current one of this thread and returns what was set before. */
    @Nullable
    Stream swapCurrent(@Nullable Stream stream) {
        Stream before = current.get();
        current.set(stream);
        return before;
    }

    /**
     * What the tensors of this device hold.
     *
     * @param liveBytes bytes given out and not returned
     * @param liveBlocks blocks given out and not returned
     * @param pooledBytes bytes returned and kept for reuse, by this pool or by a captured graph
     * @param peakBytes the most that live and pooled bytes ever were together
     */
    public record Statistics(long liveBytes, long liveBlocks, long pooledBytes, long peakBytes) {}

    /**
     * What this process holds on a device that is not the processor; zeros on the CPU.
     *
     * @param heldBytes tensors and scratch memory of kernels
     * @param reservedBytes what the pool took from the device for them
     * @param limitBytes the most that may be held; 0 for no limit
     * @param freeBytes bytes that the device has free
     * @param deviceBytes bytes of the device
     */
    public record DeviceBytes(long heldBytes, long reservedBytes, long limitBytes, long freeBytes, long deviceBytes) {}

    /**
     * Address of a block for so many elements, aligned to 64, uninitialised.
     *
     * @throws GramianException if there is none, with what is held and the largest tensors
     */
    public long allocate(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
        Stream stream = current();
        GraphMemory graph = stream.graphMemory();
        long size = rounded(bytes, graph != null);
        long address = graph != null ? graph.take(size) : takePooled(size);
        if (address == 0) {
            address = fresh(stream, size, dtype, shape);
        }
        synchronized (this) {
            live.put(address, new Live(size, dtype, shape, stream, graph));
            liveBytes += size;
            peakBytes = Math.max(peakBytes, liveBytes + pooledBytes);
        }
        return address;
    }

    /** Returns a block of {@link #allocate}. */
    public void release(long address) {
        Live block;
        GraphMemory graph = current().graphMemory();
        synchronized (this) {
            block = live.remove(address);
            if (block == null) {
                throw new GramianException("memory at " + address + " on " + device + " was freed twice");
            }
            liveBytes -= block.bytes();
            GraphMemory owner = block.graph() != null && !block.graph().isClosed() ? block.graph() : graph;
            if (owner != null) {
                // calls of the capture may use it: it stays with the graph
                owner.give(address, block.bytes());
                pooledBytes += block.bytes();
                return;
            }
            if (pooled) {
                keep(address, block.bytes());
                return;
            }
        }
        giveBack(block.stream(), address, block.bytes());
    }

    private void keep(long address, long size) {
        free.computeIfAbsent(size, key -> new ArrayDeque<>()).push(address);
        pooledBytes += size;
    }

    private void giveBack(Stream stream, long address, long size) {
        Stream order = stream.isClosed() ? Objects.requireNonNull(main) : stream;
        order.run((calls, context) -> calls.gramian_free(context, size, address));
    }

    private synchronized long takePooled(long size) {
        ArrayDeque<Long> blocks = free.get(size);
        if (blocks == null || blocks.isEmpty()) {
            return 0;
        }
        pooledBytes -= size;
        return blocks.pop();
    }

    synchronized void unpooled(long bytes) {
        pooledBytes -= bytes;
    }

    /** Frees a block that a graph kept. */
    void freeKept(long address, long size) {
        unpooled(size);
        giveBack(Objects.requireNonNull(main), address, size);
    }

    /** Gives what is pooled back to the system. */
    public void trim() {
        Map<Long, ArrayDeque<Long>> all;
        synchronized (this) {
            all = new HashMap<>(free);
            free.clear();
            all.forEach((size, blocks) -> pooledBytes -= size * blocks.size());
        }
        Stream stream = Objects.requireNonNull(main);
        all.forEach((size, blocks) -> blocks.forEach(address -> giveBack(stream, address, size)));
        if (!onHost) {
            stream.run((calls, context) -> calls.gramian_memory_trim(context));
        }
    }

    /**
     * Sets the most bytes that this process may hold on the device, tensors and scratch memory together; 0 for no limit.
     * {@code -Dgramian.cuda.memoryLimit} sets it for CUDA devices.
     *
     * @throws GramianException on the CPU, which has no limit of its own
     */
    public void limit(long bytes) {
        Check.atLeast("limit", bytes, 0);
        Objects.requireNonNull(main).run((calls, context) -> calls.gramian_memory_limit(context, bytes));
    }

    /** What is held now. */
    public synchronized Statistics statistics() {
        return new Statistics(liveBytes, live.size(), pooledBytes, peakBytes);
    }

    /** What is held now as the device counts it. */
    public DeviceBytes deviceBytes() {
        try (LongPointer numbers = new LongPointer(5)) {
            Objects.requireNonNull(main)
                    .run((calls, context) -> calls.gramian_memory_statistics(context, numbers.address()));
            return new DeviceBytes(numbers.get(0), numbers.get(1), numbers.get(2), numbers.get(3), numbers.get(4));
        }
    }

    private long fresh(Stream stream, long size, DType dtype, Shape shape) {
        try (LongPointer result = new LongPointer(1)) {
            int status = stream.status((calls, context) -> calls.gramian_allocate(context, size, result.address()));
            if (status == Kernels.GRAMIAN_OUT_OF_MEMORY && pooled) {
                trim();
                status = stream.status((calls, context) -> calls.gramian_allocate(context, size, result.address()));
            }
            if (status == Kernels.GRAMIAN_OUT_OF_MEMORY) {
                throw exhausted(dtype + " " + shape + " needs " + size + " bytes");
            }
            stream.check(status);
            return result.get();
        }
    }

    /** The exception for memory that could not be had, by what asked for it: what is held, and by which tensors. */
    GramianException exhausted(String asked) {
        StringBuilder words = new StringBuilder("out of memory on " + device + ": " + asked + "; ");
        Statistics now = statistics();
        words.append(now.liveBytes() + " bytes are held in " + now.liveBlocks() + " tensors");
        if (!onHost) {
            DeviceBytes bytes = deviceBytes();
            long others = Math.max(0, bytes.heldBytes() - now.liveBytes());
            words.append(" and " + others + " in scratch memory and graphs");
            if (bytes.limitBytes() > 0) {
                words.append(", " + bytes.limitBytes() + " are allowed");
            }
            words.append("; the device has " + bytes.freeBytes() + " of " + bytes.deviceBytes() + " bytes free");
        }
        List<String> largest = largest();
        if (!largest.isEmpty()) {
            words.append("; the largest: " + String.join(", ", largest));
        }
        return new GramianException(words + "; use a smaller batch or network");
    }

    private synchronized List<String> largest() {
        return live.values().stream()
                .sorted(Comparator.comparingLong(Live::bytes).reversed())
                .limit(NAMED)
                .map(block -> block.dtype() + " " + block.shape() + " of " + block.bytes() + " bytes")
                .toList();
    }

    /** Rounds up so that sizes of one magnitude share blocks: at most an eighth is lost. */
    private long rounded(long bytes, boolean kept) {
        if (!pooled && !kept) {
            return bytes;
        }
        long granule = Math.max(GRANULE, Long.highestOneBit(Math.max(bytes, 1)) / 8);
        return Math.max(granule, (bytes + granule - 1) / granule * granule);
    }
}
