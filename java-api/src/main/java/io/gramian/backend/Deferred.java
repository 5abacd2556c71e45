package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * What a body of Java code makes of numbers that a device computes, without waiting for them: a loss, most of all.
 *
 * <p>The body runs twice. At first its calls go to the device, and every floating-point number that it reads is NaN in place
 * of what the device has not computed yet. When somebody wants the result, the numbers are there: the body runs again,
 * without its calls, and reads them. So it must make the same calls and reads whatever the numbers are; integers are read
 * at once, both times the same. Tensors that it makes must not outlive it. On the CPU it runs once.
 *
 * @param <T> result
 */
public final class Deferred<T> implements AutoCloseable {
    private static final ThreadLocal<@Nullable Deferred<?>> ACTIVE = new ThreadLocal<>();
    /** Addresses of tensors while a body runs again: none that exists. */
    private static final long NOWHERE = 1L << 60;

    private final Stream stream;
    private final Supplier<T> body;
    private final List<Read> reads = new ArrayList<>();
    private @Nullable T known;
    private boolean here;
    private boolean answering;
    private int next;
    private long fakes;
    /** Host address of the numbers while the body runs again. */
    private long numbers;

    /** A read: of a tensor that the device still computes, or bytes that were read at once. */
    private record Read(@Nullable Tensor source, long offset, long bytes, byte[] content) {}

    private @Nullable Supplier<Fetched<T>> derived;
    private final List<Deferred<?>> parts = new ArrayList<>();

    private Deferred(Stream stream, Supplier<T> body) {
        this.stream = stream;
        this.body = body;
    }

    /** The same result, changed on the host. */
    public <R> Deferred<R> map(Function<T, R> change) {
        return derived(List.of(this), () -> {
            Fetched<T> coming = fetch();
            return Fetched.later(() -> change.apply(coming.get()));
        });
    }

    /** What the host makes of two results. */
    public <S, R> Deferred<R> with(Deferred<S> other, BiFunction<T, S, R> both) {
        return derived(List.of(this, other), () -> {
            Fetched<T> mine = fetch();
            Fetched<S> theirs = other.fetch();
            return Fetched.later(() -> both.apply(mine.get(), theirs.get()));
        });
    }

    private <R> Deferred<R> derived(List<Deferred<?>> parts, Supplier<Fetched<R>> how) {
        Deferred<R> result = new Deferred<>(stream, () -> how.get().get());
        result.derived = how;
        result.parts.addAll(parts);
        return result;
    }

    /** Runs a body on a device; its numbers may be asked for with {@link #fetch}, as long as the scope around is open. */
    public static <T> Deferred<T> of(Device device, Supplier<T> body) {
        Deferred<T> deferred = new Deferred<>(device.backend().memory().current(), body);
        Deferred<?> outer = ACTIVE.get();
        if (outer != null || device.backend().memory().onHost()) {
            deferred.known = body.get();
            deferred.here = true;
            return deferred;
        }
        ACTIVE.set(deferred);
        try {
            T unused = body.get(); // its numbers are not there yet
        } finally {
            ACTIVE.set(null);
        }
        return deferred;
    }

    /** Whether this thread runs a body again: its calls are left out. */
    public static boolean answering() {
        Deferred<?> active = ACTIVE.get();
        return active != null && active.answering;
    }

    /** An address for a tensor that a body makes when it runs again. */
    public static long nowhere(long bytes) {
        Deferred<?> active = ACTIVE.get();
        if (active == null) {
            throw new IllegalStateException("nowhere: expected to be inside a deferred body");
        }
        long at = NOWHERE + active.fakes;
        active.fakes += bytes + Long.BYTES;
        return at;
    }

    /** Takes over a read of a body: true if the reader got its bytes. */
    public static boolean intercept(Tensor tensor, long offset, long bytes, LongConsumer reader) {
        Deferred<?> active = ACTIVE.get();
        if (active == null) {
            return false;
        }
        if (active.answering) {
            active.answer(bytes, reader);
            return true;
        }
        return active.record(tensor, offset, bytes, reader);
    }

    private boolean record(Tensor tensor, long offset, long bytes, LongConsumer reader) {
        if (tensor.dtype() != DType.FLOAT64 && tensor.dtype() != DType.FLOAT32) {
            byte[] content = new byte[Math.toIntExact(bytes)];
            ACTIVE.set(null);
            try {
                tensor.getBytes(offset, ByteBuffer.wrap(content));
            } finally {
                ACTIVE.set(this);
            }
            reads.add(new Read(null, 0, bytes, content));
            return pass(content, reader);
        }
        reads.add(new Read(tensor.reshape(tensor.shape().toArray()), offset, bytes, new byte[0]));
        try (BytePointer unknown = new BytePointer(bytes)) {
            unknown.fill(0xff); // NaN in both types
            reader.accept(unknown.address());
        }
        return true;
    }

    private static boolean pass(byte[] content, LongConsumer reader) {
        try (BytePointer bytes = new BytePointer(content.length)) {
            bytes.put(content);
            reader.accept(bytes.address());
        }
        return true;
    }

    private void answer(long bytes, LongConsumer reader) {
        if (next == reads.size() || reads.get(next).bytes() != bytes) {
            throw new GramianException("a deferred computation read " + bytes + " bytes where it did not at first;"
                    + " it must not depend on the numbers that it reads");
        }
        Read read = reads.get(next++);
        if (read.source() == null) {
            pass(read.content(), reader);
        } else {
            reader.accept(numbers + offsetOf(read));
        }
    }

    /** Where the bytes of a read lie in the fetched ones: behind those of the reads before it, in steps of 8. */
    private long offsetOf(Read wanted) {
        long at = 0;
        for (Read read : reads) {
            if (read == wanted) {
                break;
            }
            at += read.source() == null ? 0 : (read.bytes() + 7) / 8 * 8;
        }
        return at;
    }

    /** Whether the result is known without waiting. */
    public boolean isKnown() {
        return here;
    }

    /** Keeps the numbers beyond the scope around, until {@link #close}: what a captured graph needs. */
    public Deferred<T> keep() {
        for (Read read : reads) {
            if (read.source() != null) {
                Scope.detach(read.source());
            }
        }
        parts.forEach(Deferred::keep);
        return this;
    }

    /** Starts to bring the numbers of now to the host, behind what the stream was given; waits for nothing. */
    public Fetched<T> fetch() {
        if (here) {
            return Fetched.known(known);
        }
        if (derived != null) {
            return derived.get();
        }
        Stream.checkNotCapturing("reading a number that the device computes");
        long bytes = reads.isEmpty()
                ? 0
                : offsetOf(reads.get(reads.size() - 1))
                        + reads.get(reads.size() - 1).bytes();
        PinnedBytes target = PinnedBytes.take(stream, bytes);
        for (Read read : reads) {
            Tensor source = read.source();
            if (source != null) {
                long from = source.address() + read.offset();
                long to = target.address() + offsetOf(read);
                stream.run((kernels, context) -> kernels.gramian_fetch(context, read.bytes(), from, to));
            }
        }
        stream.record(target.arrived());
        return Fetched.arriving(target, this::result);
    }

    /** The result of the numbers at an address of the host. */
    private T result(long address) {
        Deferred<?> outer = ACTIVE.get();
        numbers = address;
        answering = true;
        next = 0;
        fakes = 0;
        ACTIVE.set(this);
        try (Scope scope = Scope.open()) {
            return body.get();
        } finally {
            ACTIVE.set(outer);
            answering = false;
        }
    }

    /** The result; waits for it. */
    public T get() {
        return fetch().get();
    }

    /** Frees the numbers. */
    @Override
    public void close() {
        for (Read read : reads) {
            if (read.source() != null) {
                read.source().close();
            }
        }
        parts.forEach(Deferred::close);
    }
}
