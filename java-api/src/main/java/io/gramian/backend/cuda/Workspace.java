package io.gramian.backend.cuda;

import io.gramian.GramianException;
import io.gramian.jni.Kernels;
import org.bytedeco.javacpp.LongPointer;

/** Device memory that grows to the largest need of one library on one stream, and is used again in stream order. */
final class Workspace implements AutoCloseable {
    private final Kernels kernels;
    private final long context;
    private final LongPointer result = new LongPointer(1);
    private long address;
    private long bytes;

    Workspace(Kernels kernels, long context) {
        this.kernels = kernels;
        this.context = context;
    }

    /** Address of at least this many bytes; contents of the last call are lost when it grows. */
    long of(long wanted) {
        if (wanted > bytes) {
            release();
            if (kernels.gramian_allocate(context, wanted, result.address()) != Kernels.GRAMIAN_OK) {
                throw new GramianException("no device memory for " + wanted + " bytes of workspace: "
                        + kernels.gramian_last_error().getString());
            }
            address = result.get();
            bytes = wanted;
        }
        return address;
    }

    private void release() {
        if (bytes > 0) {
            kernels.gramian_free(context, bytes, address);
            bytes = 0;
        }
    }

    @Override
    public void close() {
        release();
        result.close();
    }
}
