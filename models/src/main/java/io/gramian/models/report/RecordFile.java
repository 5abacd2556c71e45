package io.gramian.models.report;

import io.gramian.models.format.ProtoMessage;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.LongPredicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of records as TensorFlow frames them:
 * {@code uint64 length, uint32 masked crc of it, data, uint32 masked crc of the data}, little-endian; CRC32C, rotated
 * right by 15 and shifted by a constant.
 */
final class RecordFile implements AutoCloseable {
    private static final int MASK_DELTA = 0xa282ead8;
    private static final int STEP_FIELD = 2;

    private final FileChannel channel;

    private RecordFile(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Opens for appending. What stands behind the last whole record is cut off (a killed process left it), and so is
     * everything from the first record on whose step is refused.
     */
    static RecordFile append(Path path, LongPredicate keepStep) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            long end = 0;
            for (byte[] record = next(channel, end); record != null; record = next(channel, end)) {
                if (!keepStep.test(ProtoMessage.readInt64(record, STEP_FIELD, 0))) {
                    break;
                }
                end += record.length + 16L;
            }
            channel.truncate(end);
            channel.position(end);
            return new RecordFile(channel);
        } catch (IOException | BufferUnderflowException failure) {
            channel.close();
            throw failure;
        }
    }

    boolean isEmpty() throws IOException {
        return channel.size() == 0;
    }

    void write(byte[] data) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        frame.putLong(data.length);
        frame.putInt(maskedCrc(frame.array(), 0, 8));
        frame.put(data).putInt(maskedCrc(data, 0, data.length));
        frame.flip();
        while (frame.hasRemaining()) {
            channel.write(frame);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** The record at a position, or null if there is no whole, undamaged one. */
    static byte @Nullable [] next(FileChannel channel, long at) throws IOException {
        ByteBuffer head = read(channel, at, 12);
        if (head.remaining() < 12 || head.getInt(8) != maskedCrc(head.array(), 0, 8)) {
            return null;
        }
        long length = head.getLong(0);
        if (length < 0 || length > channel.size() - at - 16) {
            return null;
        }
        ByteBuffer body = read(channel, at + 12, Math.toIntExact(length) + 4);
        int size = (int) length;
        return body.remaining() == size + 4 && body.getInt(size) == maskedCrc(body.array(), 0, size)
                ? Arrays.copyOf(body.array(), size)
                : null;
    }

    private static ByteBuffer read(FileChannel channel, long at, int size) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {
            continue;
        }
        return buffer.flip();
    }

    /** CRC32C, masked so that a CRC of data that holds CRCs stays a good check. */
    static int maskedCrc(byte[] data, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, offset, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }
}
