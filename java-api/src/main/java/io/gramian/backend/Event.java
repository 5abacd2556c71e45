package io.gramian.backend;

import io.gramian.jni.Kernels;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;

/**
 * A point in the work of a stream, to wait for or to take the time at. Made by {@link Stream#newEvent}; on the CPU, where a
 * call is over when it returns, nobody waits.
 */
public final class Event implements AutoCloseable {
    private final Stream stream;
    private final long event;
    private boolean closed;

    Event(Stream stream) {
        this.stream = stream;
        try (LongPointer result = new LongPointer(1)) {
            stream.run((kernels, context) -> kernels.gramian_event_create(context, result.address()));
            this.event = result.get();
        }
    }

    Memory memory() {
        return stream.memory();
    }

    long handle() {
        if (closed) {
            throw new IllegalStateException("this event is closed");
        }
        return event;
    }

    /** Waits until the device has come to where the event was last recorded; not at all if it never was. */
    public void synchronise() {
        stream.check(kernels().gramian_event_synchronise(handle()));
    }

    /** Milliseconds of device time since another event, both recorded; waits for this one. */
    public float millisecondsSince(Event begin) {
        try (FloatPointer result = new FloatPointer(1)) {
            stream.check(kernels().gramian_event_milliseconds(begin.handle(), handle(), result.address()));
            return result.get();
        }
    }

    private Kernels kernels() {
        return stream.kernels();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stream.check(kernels().gramian_event_destroy(event));
        }
    }
}
