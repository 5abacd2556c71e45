package io.gramian.models.format;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A protobuf message in the making: fields as they are added. Wire format: protobuf.dev, "Encoding". */
public final class ProtoMessage {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** A message without fields. */
    public ProtoMessage() {}

    /** Adds an integer; also for enumerations and truth values. */
    public ProtoMessage int64(int field, long value) {
        tag(field, VARINT);
        varint(value);
        return this;
    }

    /** Adds a double. */
    public ProtoMessage float64(int field, double value) {
        tag(field, FIXED64);
        bytes.writeBytes(littleEndian(8).putDouble(value).array());
        return this;
    }

    /** Adds a float. */
    public ProtoMessage float32(int field, float value) {
        tag(field, FIXED32);
        bytes.writeBytes(littleEndian(4).putFloat(value).array());
        return this;
    }

    /** Adds a text, in UTF-8. */
    public ProtoMessage text(int field, String value) {
        return blob(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds a message. */
    public ProtoMessage message(int field, ProtoMessage value) {
        return blob(field, value.toBytes());
    }

    /** Adds bytes. */
    public ProtoMessage blob(int field, byte[] value) {
        tag(field, LENGTH);
        varint(value.length);
        bytes.writeBytes(value);
        return this;
    }

    /** Adds a repeated double in packed form. */
    public ProtoMessage packed(int field, double[] values) {
        ByteBuffer buffer = littleEndian(Math.multiplyExact(8, values.length));
        for (double value : values) {
            buffer.putDouble(value);
        }
        return blob(field, buffer.array());
    }

    /** Announces so many bytes of a field, which the caller writes behind {@link #toBytes}: for what is too large to copy. */
    ProtoMessage announce(int field, long length) {
        tag(field, LENGTH);
        varint(length);
        return this;
    }

    /** The message on the wire. */
    public byte[] toBytes() {
        return bytes.toByteArray();
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void tag(int field, int type) {
        varint((long) field << 3 | type);
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }

    /**
     * Reads an int64 field of a message.
     *
     * @return the value, or {@code fallback} if the field is absent
     * @throws BufferUnderflowException if the message is cut off
     */
    public static long readInt64(byte[] message, int wanted, long fallback) {
        ByteBuffer buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            long tag = readVarint(buffer);
            if ((tag & 7) == VARINT) {
                long value = readVarint(buffer);
                if (tag >>> 3 == wanted) {
                    return value;
                }
            } else {
                long size = (tag & 7) == FIXED64 ? 8 : (tag & 7) == FIXED32 ? 4 : readVarint(buffer);
                if (size < 0 || size > buffer.remaining()) {
                    throw new BufferUnderflowException();
                }
                buffer.position(buffer.position() + (int) size);
            }
        }
        return fallback;
    }

    private static long readVarint(ByteBuffer buffer) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = buffer.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                break;
            }
        }
        return value;
    }
}
