package io.gramian;

import java.util.function.LongConsumer;
import org.bytedeco.javacpp.BytePointer;

/**
 * Bytes of a tensor at an address of the host: where they are, if the processor can reach the device's memory, else in a
 * buffer that the device copies from or to. A copy to the host waits for what the device's stream was given before it.
 */
final class HostCopy {
    private HostCopy() {}

    /** Calls the reader with the host address of these bytes. */
    static void read(Tensor tensor, long offset, long bytes, LongConsumer reader) {
        long at = tensor.address() + offset;
        if (bytes == 0 || tensor.device().backend().memory().onHost()) {
            reader.accept(at);
            return;
        }
        try (BytePointer buffer = new BytePointer(bytes)) {
            copy(tensor, at, buffer.address(), bytes);
            reader.accept(buffer.address());
        }
    }

    /** Calls the writer with a host address; what it writes there becomes these bytes. */
    static void write(Tensor tensor, long offset, long bytes, LongConsumer writer) {
        long at = tensor.address() + offset;
        if (bytes == 0 || tensor.device().backend().memory().onHost()) {
            writer.accept(at);
            return;
        }
        try (BytePointer buffer = new BytePointer(bytes)) {
            writer.accept(buffer.address());
            copy(tensor, buffer.address(), at, bytes);
        }
    }

    private static void copy(Tensor tensor, long from, long to, long bytes) {
        tensor.device().backend().stream().run((kernels, context) -> kernels.gramian_copy(context, from, to, bytes));
    }
}
