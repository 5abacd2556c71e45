package io.gramian.backend;

import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/** Arrays of 8-byte elements for one kernel call, side by side in native memory that grows once and is then reused. */
final class NativeArrays implements AutoCloseable {
    private LongPointer memory = kept(64);
    private long[] staged = new long[64];
    private int used;
    /** One of the tensors whose addresses stand here. */
    private @Nullable Tensor representative;

    /** Starts a new call: what was added before is gone. */
    void clear() {
        used = 0;
        representative = null;
    }

    /** Adds the addresses of these tensors, of which all must be on one device, and returns the index of the first. */
    int addresses(List<Tensor> tensors) {
        int first = reserve(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            representative = representative == null ? tensor : representative;
            if (tensor.device() != representative.device()) {
                Check.sameDevice("tensor " + i, tensor, "the first one", representative);
            }
            staged[first + i] = tensor.address();
        }
        return first;
    }

    /** Starts a call with the addresses of these tensors: afterwards {@code at(0)} are the views', {@code at(views)} the gradients'. */
    void pass(List<Tensor> views, List<Tensor> gradients) {
        clear();
        addresses(views);
        addresses(gradients);
        publish();
    }

    /** Adds the element counts of these tensors and returns the index of the first. */
    int sizes(List<Tensor> tensors) {
        int first = reserve(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            staged[first + i] = tensors.get(i).elements();
        }
        return first;
    }

    /** Adds float64 values and returns the index of the first. */
    int doubles(double[] values) {
        int first = reserve(values.length);
        for (int i = 0; i < values.length; i++) {
            staged[first + i] = Double.doubleToRawLongBits(values[i]);
        }
        return first;
    }

    /** Adds int32 flags, 1 for true, two to an element (little-endian), and returns the index of the first element. */
    int flags(boolean[] values) {
        int first = reserve((values.length + 1) / 2);
        for (int i = 0; i < values.length; i++) {
            long bit = values[i] ? 1L : 0L;
            staged[first + i / 2] = i % 2 == 0 ? bit : staged[first + i / 2] | bit << Integer.SIZE;
        }
        return first;
    }

    /** Adds room for int32 numbers that the kernel writes, and returns the index of the first element. */
    int ints(long count) {
        return reserve(Math.toIntExact((count + 1) / 2));
    }

    /** Adds the remaining bytes of a buffer, padded with zeros to whole elements, and returns the index of the first. */
    int bytes(ByteBuffer values) {
        int length = values.remaining();
        int first = reserve((length + Long.BYTES - 1) / Long.BYTES);
        ByteBuffer whole = ByteBuffer.allocate((used - first) * Long.BYTES).order(ByteOrder.nativeOrder());
        whole.put(values).rewind();
        whole.asLongBuffer().get(staged, first, used - first);
        return first;
    }

    /** Copies everything to native memory; {@link #at} is valid from here to the next {@link #clear}. */
    void publish() {
        if (memory.capacity() < used) {
            memory.close();
            memory = kept(staged.length);
        }
        memory.put(staged, 0, used);
    }

    /** Native address of an index. */
    long at(int index) {
        if (representative != null) {
            Stream.checkDevice(representative);
        }
        return memory.address() + (long) index * Long.BYTES;
    }

    /** A float64 that the kernel wrote. */
    double readDouble(int index) {
        return Double.longBitsToDouble(memory.get(index));
    }

    @Override
    public void close() {
        memory.close();
    }

    /** Memory that the end of a caller's {@code PointerScope} does not free: held by this object as well. */
    private static LongPointer kept(long count) {
        LongPointer memory = new LongPointer(count);
        memory.retainReference();
        return memory;
    }

    private int reserve(int count) {
        int first = used;
        used += count;
        if (used > staged.length) {
            staged = Arrays.copyOf(staged, Math.max(used, 2 * staged.length));
        }
        return first;
    }
}
