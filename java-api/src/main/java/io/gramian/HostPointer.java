package io.gramian;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.ShortPointer;

/** JavaCPP pointers over an address that somebody else owns: for bulk copies between arrays and host memory. */
final class HostPointer {
    private HostPointer() {}

    static ByteBuffer buffer(long at, int bytes) {
        return bytes == 0 ? ByteBuffer.allocate(0) : bytes(at).limit(bytes).asByteBuffer();
    }

    static FloatPointer floats(long at) {
        return new FloatPointer() {
            {
                address = at;
            }
        };
    }

    static DoublePointer doubles(long at) {
        return new DoublePointer() {
            {
                address = at;
            }
        };
    }

    static IntPointer ints(long at) {
        return new IntPointer() {
            {
                address = at;
            }
        };
    }

    static LongPointer longs(long at) {
        return new LongPointer() {
            {
                address = at;
            }
        };
    }

    static ShortPointer shorts(long at) {
        return new ShortPointer() {
            {
                address = at;
            }
        };
    }

    static BytePointer bytes(long at) {
        return new BytePointer() {
            {
                address = at;
            }
        };
    }
}
