package io.gramian;

import io.gramian.backend.Check;
import io.gramian.backend.Deferred;
import io.gramian.backend.Stream;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A contiguous row-major array in the memory of a device.
 *
 * <p>A tensor belongs to the innermost open {@link Scope} of its thread and is freed with it; without one, whoever made it
 * closes it. Views share memory, which is freed with the last of them.
 */
public final class Tensor implements AutoCloseable {
    private final Storage storage;
    private long address;
    private final DType dtype;
    private final Shape shape;
    private @Nullable Scope scope;
    private boolean closed;

    private Tensor(Storage storage, long address, DType dtype, Shape shape) {
        this.storage = storage;
        this.address = address;
        this.dtype = dtype;
        this.shape = shape;
        this.scope = Scope.adopt(this);
    }

    /** An uninitialised tensor. */
    public static Tensor empty(Device device, DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        Storage storage = Storage.allocate(device, dtype, shape);
        return new Tensor(storage, storage.address(), dtype, shape);
    }

    /** An uninitialised float32 tensor. */
    public static Tensor empty(Device device, long... sizes) {
        return empty(device, DType.FLOAT32, sizes);
    }

    /** A float32 tensor of zeros. */
    public static Tensor zeros(Device device, long... sizes) {
        return empty(device, sizes).fill(0);
    }

    /** A float32 tensor with a copy of these values. */
    public static Tensor of(Device device, float[] values, long... sizes) {
        return empty(device, DType.FLOAT32, sizes).copyFrom(values);
    }

    /** An int32 tensor with a copy of these values. */
    public static Tensor ofInts(Device device, int[] values, long... sizes) {
        return empty(device, DType.INT32, sizes).copyFrom(values);
    }

    /** A uint8 tensor with a copy of these values. */
    public static Tensor ofBytes(Device device, byte[] values, long... sizes) {
        return empty(device, DType.UINT8, sizes).copyFrom(values);
    }

    /** A tensor over memory that the caller owns and keeps alive. Closing it frees nothing. */
    public static Tensor wrap(Device device, long address, DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        checkAddress(address, dtype, shape);
        return new Tensor(Storage.foreign(device, address), address, dtype, shape);
    }

    /**
     * A tensor over memory of another library, which is told once when neither the tensor nor a view of it is open any more.
     *
     * @param released called by whichever thread closes the last of them
     */
    public static Tensor wrap(Device device, long address, DType dtype, Runnable released, long... sizes) {
        Shape shape = Shape.of(sizes);
        checkAddress(address, dtype, shape);
        return new Tensor(Storage.foreign(device, address, released), address, dtype, shape);
    }

    /** A tensor over memory that {@link #place} names later. */
    static Tensor unplaced(Device device, DType dtype, long... sizes) {
        return new Tensor(Storage.foreign(device, 0), 0, dtype, Shape.of(sizes));
    }

    /** Stands over other foreign memory from now on. */
    void place(long at) {
        checkAddress(at, dtype, shape);
        address = at;
        touch();
    }

    private static void checkAddress(long address, DType dtype, Shape shape) {
        if (address == 0 && shape.elements() > 0) {
            throw new IllegalArgumentException("expected the address of " + shape + " " + dtype + ", got null");
        }
        if (address % dtype.bytes() != 0 && shape.elements() > 0) {
            throw new IllegalArgumentException("expected the address of " + shape + " " + dtype + " at a multiple of "
                    + dtype.bytes() + " bytes, got " + address + "; elements must not straddle");
        }
    }

    /**
     * A float32 tensor on the CPU over the memory of a buffer, from its position on, which it keeps alive.
     *
     * @throws IllegalArgumentException unless the buffer is direct, writable, in the machine's byte order, aligned and long
     *     enough
     */
    public static Tensor wrap(FloatBuffer buffer, long... sizes) {
        Shape shape = Shape.of(sizes);
        long at = HostBuffer.address(buffer, shape);
        return new Tensor(
                Storage.foreign(Device.cpu(), at, () -> Reference.reachabilityFence(buffer)), at, DType.FLOAT32, shape);
    }

    /** {@link #wrap(FloatBuffer, long...)} of bytes that hold elements of any type. */
    public static Tensor wrap(ByteBuffer buffer, DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        long at = HostBuffer.address(buffer, dtype, shape);
        return new Tensor(
                Storage.foreign(Device.cpu(), at, () -> Reference.reachabilityFence(buffer)), at, dtype, shape);
    }

    /** The same memory in another shape with as many elements. */
    public Tensor reshape(long... sizes) {
        Shape other = Shape.of(sizes);
        if (other.elements() != shape.elements()) {
            throw new IllegalArgumentException(
                    "reshape: expected " + shape.elements() + " elements as in " + shape + ", got " + other);
        }
        return view(address, other);
    }

    /** Rows {@code from} (inclusive) to {@code to} (exclusive) of the outermost axis, sharing memory. */
    public Tensor rows(long from, long to) {
        if (shape.rank() == 0 || from < 0 || to < from || to > shape.size(0)) {
            throw new IllegalArgumentException(
                    "rows: expected 0 <= from <= to <= rows of " + shape + ", got " + from + " to " + to);
        }
        long[] sizes = shape.toArray();
        long row = sizes[0] == 0 ? 0 : shape.elements() / sizes[0];
        sizes[0] = to - from;
        return view(address + from * row * dtype.bytes(), Shape.of(sizes));
    }

    private Tensor view(long at, Shape viewShape) {
        checkOpen();
        if (Deferred.answering()) { // the tensor may be closed: its memory is not touched
            return new Tensor(Storage.foreign(device(), at), at, dtype, viewShape);
        }
        storage.retain();
        return new Tensor(storage, at, dtype, viewShape);
    }

    /** A copy in memory of its own. */
    public Tensor copy() {
        return empty(device(), dtype, shape.toArray()).copyFrom(this);
    }

    /** Address of the first element. */
    public long address() {
        checkOpen();
        Stream.checkDevice(this);
        return address;
    }

    /** Device that holds the elements. */
    public Device device() {
        return storage.device();
    }

    /** Element type. */
    public DType dtype() {
        return dtype;
    }

    /** Sizes. */
    public Shape shape() {
        return shape;
    }

    /** Number of elements. */
    public long elements() {
        return shape.elements();
    }

    /** Number of bytes. */
    public long bytes() {
        return shape.elements() * dtype.bytes();
    }

    /** Counts the writes to the memory of this tensor that were announced by {@link #touch}. */
    public long version() {
        return storage.version.get();
    }

    /** Announces that the elements were changed in place. */
    public void touch() {
        if (Deferred.answering()) { // the body runs again for its numbers and writes nothing
            return;
        }
        storage.version.incrementAndGet();
    }

    /** Sets every element; float32 only. */
    public Tensor fill(float value) {
        Check.dtype("fill", this, DType.FLOAT32);
        long at = address();
        order().run((kernels, context) -> kernels.gramian_fill(context, elements(), value, at));
        touch();
        return this;
    }

    /** Copies the elements of a tensor with the same type and shape, which may be on another device. */
    public Tensor copyFrom(Tensor source) {
        Check.dtype("source", source, dtype);
        if (!source.shape().equals(shape)) {
            throw new IllegalArgumentException(
                    "source: expected the shape of target " + shape + ", got " + source.shape());
        }
        long from = source.address();
        long to = address();
        if (source.device() != device()) {
            HostCopy.between(source, this);
            touch();
            return this;
        }
        order().run((kernels, context) -> kernels.gramian_copy(context, from, to, bytes()));
        touch();
        return this;
    }

    /** The stream on which this thread fills and copies. */
    private Stream order() {
        return device().backend().memory().current();
    }

    /** Copies as many values as the tensor has elements; float32, or bfloat16, which rounds to nearest even. */
    public Tensor copyFrom(float[] values) {
        checkLength(values.length);
        if (dtype == DType.BFLOAT16) {
            short[] rounded = Bfloat16.of(values);
            HostCopy.write(this, 0, bytes(), at -> HostPointer.shorts(at).put(rounded, 0, rounded.length));
            touch();
            return this;
        }
        Check.dtype("copyFrom", this, DType.FLOAT32);
        HostCopy.write(this, 0, bytes(), at -> HostPointer.floats(at).put(values, 0, values.length));
        touch();
        return this;
    }

    /** Copies as many values as the tensor has elements; int32. */
    public Tensor copyFrom(int[] values) {
        checkLength(values.length);
        Check.dtype("copyFrom", this, DType.INT32);
        HostCopy.write(this, 0, bytes(), at -> HostPointer.ints(at).put(values, 0, values.length));
        touch();
        return this;
    }

    /** Copies as many values as the tensor has elements; uint8. */
    public Tensor copyFrom(byte[] values) {
        checkLength(values.length);
        Check.dtype("copyFrom", this, DType.UINT8);
        HostCopy.write(this, 0, bytes(), at -> HostPointer.bytes(at).put(values, 0, values.length));
        touch();
        return this;
    }

    /**
     * Copies the remaining bytes of a buffer into the memory of this tensor, in the machine's byte order.
     *
     * @param offset first byte of the tensor that is written
     */
    public Tensor putBytes(long offset, ByteBuffer source) {
        checkRange(offset, source.remaining());
        int count = source.remaining();
        HostCopy.write(this, offset, count, at -> HostPointer.buffer(at, count).put(source));
        touch();
        return this;
    }

    /**
     * Fills the remaining room of a buffer from the memory of this tensor, in the machine's byte order.
     *
     * @param offset first byte of the tensor that is read
     */
    public Tensor getBytes(long offset, ByteBuffer target) {
        checkRange(offset, target.remaining());
        int count = target.remaining();
        HostCopy.read(this, offset, count, at -> target.put(HostPointer.buffer(at, count)));
        return this;
    }

    private void checkRange(long offset, int count) {
        if (offset < 0 || offset > bytes() - count) {
            throw new IllegalArgumentException(
                    "expected bytes within the " + bytes() + " of " + this + ", got " + count + " at " + offset);
        }
    }

    /** A copy of the elements; float32, or bfloat16, whose numbers float32 has too. */
    public float[] toFloats() {
        if (dtype == DType.BFLOAT16) {
            short[] halves = new short[Math.toIntExact(elements())];
            HostCopy.read(this, 0, bytes(), at -> HostPointer.shorts(at).get(halves, 0, halves.length));
            return Bfloat16.widened(halves);
        }
        Check.dtype("toFloats", this, DType.FLOAT32);
        float[] values = new float[Math.toIntExact(elements())];
        HostCopy.read(this, 0, bytes(), at -> HostPointer.floats(at).get(values, 0, values.length));
        return values;
    }

    /** A copy of the elements; float64. */
    public double[] toDoubles() {
        Check.dtype("toDoubles", this, DType.FLOAT64);
        double[] values = new double[Math.toIntExact(elements())];
        HostCopy.read(this, 0, bytes(), at -> HostPointer.doubles(at).get(values, 0, values.length));
        return values;
    }

    /** A copy of the elements; int32. */
    public int[] toInts() {
        Check.dtype("toInts", this, DType.INT32);
        int[] values = new int[Math.toIntExact(elements())];
        HostCopy.read(this, 0, bytes(), at -> HostPointer.ints(at).get(values, 0, values.length));
        return values;
    }

    /** A copy of the elements; uint8. */
    public byte[] toBytes() {
        Check.dtype("toBytes", this, DType.UINT8);
        byte[] values = new byte[Math.toIntExact(elements())];
        HostCopy.read(this, 0, bytes(), at -> HostPointer.bytes(at).get(values, 0, values.length));
        return values;
    }

    /** The only element of a float32 tensor. */
    public float item() {
        if (elements() != 1) {
            throw new IllegalArgumentException("item: expected one element, got shape " + shape);
        }
        return toFloats()[0];
    }

    private void checkLength(long length) {
        if (length != elements()) {
            throw new IllegalArgumentException(
                    "copyFrom: expected " + elements() + " values for shape " + shape + ", got " + length);
        }
    }

    private void checkOpen() {
        if (closed && !Deferred.answering()) {
            throw new IllegalStateException(
                    "this tensor " + shape + " was closed; keep it with Scope.keep if it is needed");
        }
    }

    @Nullable
    Scope scope() {
        return scope;
    }

    void moveTo(@Nullable Scope other) {
        scope = other;
    }

    /** Whether {@link #close} was called. */
    public boolean isClosed() {
        return closed;
    }

    /** Frees the memory, if no other view uses it. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            scope = null;
            storage.release();
        }
    }

    /** As in {@code FLOAT32 (256, 128) on cpu}. */
    @Override
    public String toString() {
        return dtype + " " + shape + " on " + device();
    }
}
