package io.gramian;

import io.gramian.backend.Deferred;
import io.gramian.backend.Stream;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.BytePointer;

/**
 * Bytes of a tensor at an address of the host: where they are, if the processor can reach the device's memory, else in a
 * buffer that the device copies from or to. A copy to the host waits for what the current stream was given before it; one
 * from the host does not. Neither can be part of a capture.
 */
final class HostCopy {
    private HostCopy() {}

    /** Calls the reader with the host address of these bytes. */
    static void read(Tensor tensor, long offset, long bytes, LongConsumer reader) {
        if (bytes > 0 && Deferred.intercept(tensor, offset, bytes, reader)) {
            return;
        }
        Stream.checkNotCapturing("reading " + tensor);
        long at = tensor.address() + offset;
        if (bytes == 0 || tensor.device().backend().memory().onHost()) {
            reader.accept(at);
            return;
        }
        try (BytePointer buffer = new BytePointer(bytes)) {
            long to = buffer.address();
            stream(tensor).run((kernels, context) -> kernels.gramian_download(context, bytes, at, to));
            reader.accept(to);
        }
    }

    /** Calls the writer with a host address; what it writes there becomes these bytes. */
    static void write(Tensor tensor, long offset, long bytes, LongConsumer writer) {
        if (Deferred.answering()) {
            return;
        }
        Stream.checkNotCapturing("writing " + tensor + " from the host");
        long at = tensor.address() + offset;
        if (bytes == 0 || tensor.device().backend().memory().onHost()) {
            writer.accept(at);
            return;
        }
        try (BytePointer buffer = new BytePointer(bytes)) {
            long from = buffer.address();
            writer.accept(from);
            stream(tensor).run((kernels, context) -> kernels.gramian_upload(context, bytes, from, at));
        }
    }

    /** Copies all bytes to a tensor of another device, without a buffer where one of the two is in host memory. */
    static void between(Tensor source, Tensor target) {
        Stream.checkNotCapturing("copying " + source + " to another device");
        long bytes = target.bytes();
        long from = source.address();
        long to = target.address();
        if (bytes == 0) {
            return;
        }
        if (source.device().backend().memory().onHost()) {
            stream(target).run((kernels, context) -> kernels.gramian_upload(context, bytes, from, to));
        } else if (target.device().backend().memory().onHost()) {
            stream(source).run((kernels, context) -> kernels.gramian_download(context, bytes, from, to));
        } else {
            read(source, 0, bytes, host -> stream(target)
                    .run((kernels, context) -> kernels.gramian_upload(context, bytes, host, to)));
        }
    }

    private static Stream stream(Tensor tensor) {
        return tensor.device().backend().memory().current();
    }
}
