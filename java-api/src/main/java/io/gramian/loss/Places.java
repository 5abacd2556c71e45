package io.gramian.loss;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.Window;
import io.gramian.backend.Check;
import java.lang.ref.WeakReference;
import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The inputs or the gradients of a {@link LossCall}: tensors over memory of the caller, which each call says anew. */
final class Places {
    private final String name;
    private final List<Shape> shapes;
    private final List<Window> windows;
    private final List<Tensor> tensors;
    private final List<LastBuffer> buffers;
    private final LastBuffer whole = new LastBuffer();

    Places(String name, Device device, List<Shape> shapes) {
        this.name = name;
        this.shapes = List.copyOf(shapes);
        this.windows = shapes.stream()
                .map(shape -> new Window(device, DType.FLOAT32, shape.toArray()))
                .toList();
        this.tensors = windows.stream().map(Window::tensor).toList();
        this.buffers = shapes.stream().map(shape -> new LastBuffer()).toList();
    }

    List<Tensor> tensors() {
        return tensors;
    }

    void moveTo(long[] addresses) {
        Check.count(name, addresses.length, windows.size());
        for (int i = 0; i < addresses.length; i++) {
            moveTo(i, addresses[i]);
        }
    }

    /** One behind the other. */
    void moveTo(long first) {
        long next = first;
        for (int i = 0; i < windows.size(); i++) {
            moveTo(i, next);
            next += tensors.get(i).bytes();
        }
    }

    void moveTo(FloatBuffer[] each) {
        Check.count(name, each.length, windows.size());
        for (int i = 0; i < each.length; i++) {
            FloatBuffer buffer = each[i];
            LastBuffer last = buffers.get(i);
            if (!last.is(buffer)) {
                last.set(
                        buffer,
                        address(name + "[" + i + "]", buffer, shapes.get(i).toArray()));
            }
            moveTo(i, last.address);
        }
    }

    /** One behind the other, from the position of the buffer on. */
    void moveTo(FloatBuffer buffer) {
        if (!whole.is(buffer)) {
            whole.set(
                    buffer,
                    address(
                            name,
                            buffer,
                            shapes.stream().mapToLong(Shape::elements).sum()));
        }
        moveTo(whole.address);
    }

    private void moveTo(int i, long address) {
        try {
            windows.get(i).moveTo(address);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + "[" + i + "]: " + e.getMessage(), e);
        }
    }

    private static long address(String what, FloatBuffer buffer, long... sizes) {
        try (Tensor checked = Tensor.wrap(buffer, sizes)) {
            return checked.address();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(what + ": " + e.getMessage(), e);
        }
    }

    /** Whether one of these shares memory with another of them, or with one of the others. */
    boolean overlap(Places others) {
        for (int i = 0; i < tensors.size(); i++) {
            Tensor mine = tensors.get(i);
            for (int j = 0; j < i; j++) {
                if (overlap(mine, tensors.get(j))) {
                    return true;
                }
            }
            for (int j = 0; j < others.tensors.size(); j++) {
                if (overlap(mine, others.tensors.get(j))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean overlap(Tensor one, Tensor other) {
        return one.address() < other.address() + other.bytes() && other.address() < one.address() + one.bytes();
    }

    /** A buffer that was found good, and its address, which JavaCPP does not tell without making objects. */
    private static final class LastBuffer {
        private WeakReference<@Nullable FloatBuffer> buffer = new WeakReference<>(null);
        private int position;
        private int limit;
        private long address;

        boolean is(FloatBuffer asked) {
            return buffer.refersTo(asked) && asked.position() == position && asked.limit() == limit;
        }

        void set(FloatBuffer found, long at) {
            buffer = new WeakReference<>(found);
            position = found.position();
            limit = found.limit();
            address = at;
        }
    }
}
