package io.gramian.backend.cuda;

import io.gramian.GramianException;
import io.gramian.jni.Kernels;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;

/**
 * Device memory that grows to the largest need of one library on one stream, and is used again in stream order. What it has
 * outgrown is kept to the end: a captured graph may use it still.
 */
final class Workspace implements AutoCloseable {
    private final Kernels kernels;
    private final long context;
    private final LongPointer result = new LongPointer(1);
    private final List<Block> blocks = new ArrayList<>();

    private record Block(long address, long bytes) {}

    Workspace(Kernels kernels, long context) {
        this.kernels = kernels;
        this.context = context;
    }

    /** Address of at least this many bytes; contents of the last call are lost when it grows. */
    long of(long wanted) {
        Block last = blocks.isEmpty() ? new Block(0, 0) : blocks.get(blocks.size() - 1);
        if (wanted <= last.bytes()) {
            return last.address();
        }
        // at least twice as much: all blocks together are then less than the double of the last
        long bytes = Math.max(wanted, 2 * last.bytes());
        if (kernels.gramian_allocate(context, bytes, result.address()) != Kernels.GRAMIAN_OK) {
            throw new GramianException("no device memory for " + bytes + " bytes of workspace: "
                    + kernels.gramian_last_error().getString());
        }
        blocks.add(new Block(result.get(), bytes));
        return result.get();
    }

    @Override
    public void close() {
        blocks.forEach(block -> kernels.gramian_free(context, block.bytes(), block.address()));
        blocks.clear();
        result.close();
    }
}
