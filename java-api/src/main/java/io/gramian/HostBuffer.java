package io.gramian;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Addresses of direct buffers of other libraries, from their position on, after all that could be wrong was checked. */
final class HostBuffer {
    private HostBuffer() {}

    /** Address of the first of so many float32 elements. */
    static long address(FloatBuffer buffer, Shape shape) {
        checkKind(buffer, buffer.order());
        checkRoom(buffer.remaining(), shape.elements(), "FLOAT32 " + shape, "elements");
        return address(buffer, new FloatPointer(buffer.duplicate().clear()), DType.FLOAT32, DType.FLOAT32.bytes());
    }

    /** Address of the first element of this type. */
    static long address(ByteBuffer buffer, DType dtype, Shape shape) {
        checkKind(buffer, buffer.order());
        long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
        checkRoom(buffer.remaining(), bytes, dtype + " " + shape, "bytes");
        return address(buffer, new BytePointer(buffer.duplicate().clear()), dtype, 1);
    }

    /** Address at the position of a buffer, from a pointer to all of it. */
    private static long address(Buffer buffer, Pointer whole, DType dtype, int bytesOfUnit) {
        long at = whole.address() + (long) buffer.position() * bytesOfUnit;
        if (buffer.remaining() > 0 && at % dtype.bytes() != 0) {
            throw new IllegalArgumentException("expected a buffer that begins at a multiple of " + dtype.bytes()
                    + " bytes, as " + dtype + " does, got address " + at + "; slice it at such a position");
        }
        return at;
    }

    private static void checkKind(Buffer buffer, ByteOrder order) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException(
                    "expected a direct buffer, got " + buffer.getClass().getSimpleName()
                            + " on the Java heap; make it with ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())");
        }
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException(
                    "expected a writable buffer, got a read-only one; pass the buffer that" + " it was made from");
        }
        if (order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException(
                    "expected a buffer in the machine's byte order " + ByteOrder.nativeOrder() + ", got " + order
                            + "; call order(ByteOrder.nativeOrder()) on the bytes first");
        }
    }

    private static void checkRoom(long has, long needed, String what, String unit) {
        if (has < needed) {
            throw new IllegalArgumentException("expected " + needed + " " + unit
                    + " from the position of the buffer on for " + what + ", got " + has);
        }
    }
}
