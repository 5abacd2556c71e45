package io.gramian.models.format;

import io.gramian.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Moves tensors between memory and files in pieces of 1 MiB: no second copy of a tensor is ever made. The formats are
 * little-endian, as is every machine that the native library is built for.
 */
final class TensorChannel {
    private static final int PIECE = 1 << 20;

    private TensorChannel() {}

    static void write(FileChannel channel, Tensor tensor) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(PIECE, tensor.bytes()));
        for (long at = 0; at < tensor.bytes(); at += piece.capacity()) {
            piece.clear().limit((int) Math.min(piece.capacity(), tensor.bytes() - at));
            tensor.getBytes(at, piece);
            AtomicFile.writeFully(channel, piece.flip());
        }
    }

    /** Fills the tensor from a position of the file; false if the file ends before. */
    static boolean read(FileChannel channel, long position, Tensor tensor) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(PIECE, tensor.bytes()));
        for (long at = 0; at < tensor.bytes(); at += piece.capacity()) {
            piece.clear().limit((int) Math.min(piece.capacity(), tensor.bytes() - at));
            if (!readFully(channel, position + at, piece)) {
                return false;
            }
            tensor.putBytes(at, piece.flip());
        }
        return true;
    }

    /** Fills a buffer from a position of the file; false if the file ends before. */
    static boolean readFully(FileChannel channel, long position, ByteBuffer buffer) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, at);
            if (count < 0) {
                return false;
            }
            at += count;
        }
        return true;
    }
}
