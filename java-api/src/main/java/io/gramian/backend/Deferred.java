package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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
 * <p>Why not once: a loss gives a {@code double} ({@link io.gramian.loss.MultiViewLoss}, {@link io.gramian.loss.LossCall.Body},
 * a user's own), which Java has to have when the loss returns. And a captured graph computes new numbers in each launch, of
 * which the host makes a new result each time: that code has to be there without the calls in any case. Here it is the body
 * itself, so that no loss is written twice.
 *
 * @param <T> result
 */
public final class Deferred<T> implements AutoCloseable {
    private static final ThreadLocal<@Nullable Deferred<?>> ACTIVE = new ThreadLocal<>();
    /** Addresses of tensors while a body runs again: none that exists. */
    private static final long NOWHERE = 1L << 60;

    private final Stream stream;
    private final Supplier<T> body;
    /** What the body reads, in order. */
    private final List<Read> reads;

    private boolean answering;
    private int next;
    private long fakes;
    /** Host address of the numbers that are to be read next, while the body runs again. */
    private long numbers;

    /** A read: of a tensor that the device still computes, or bytes that were read at once. */
    private record Read(@Nullable Tensor source, long offset, long bytes, byte[] content) {
        /** Bytes that wait for the device, in steps of 8. */
        long coming() {
            return source == null ? 0 : (bytes + 7) / 8 * 8;
        }
    }

    private Deferred(Stream stream, Supplier<T> body, List<Read> reads) {
        this.stream = stream;
        this.body = body;
        this.reads = reads;
    }

    /** Runs a body on a device; its numbers may be asked for with {@link #fetch}, as long as the scope around is open. */
    public static <T> Deferred<T> of(Device device, Supplier<T> body) {
        Stream stream = device.backend().memory().current();
        Deferred<T> deferred = new Deferred<>(stream, body, new ArrayList<>());
        Deferred<?> outer = ACTIVE.get();
        boolean alone = outer == null && !device.backend().memory().onHost();
        T first;
        try {
            ACTIVE.set(alone ? deferred : outer);
            first = body.get();
        } finally {
            ACTIVE.set(outer);
        }
        // nothing was read that is still to come, or only for the body around
        return deferred.reads.isEmpty() ? new Deferred<>(stream, () -> first, List.of()) : deferred;
    }

    /** The same result, changed on the host. */
    public <R> Deferred<R> map(Function<T, R> change) {
        return new Deferred<>(stream, () -> change.apply(body.get()), reads);
    }

    /** What the host makes of two results. */
    public <S, R> Deferred<R> with(Deferred<S> other, BiFunction<T, S, R> both) {
        List<Read> all = new ArrayList<>(reads);
        all.addAll(other.reads);
        return new Deferred<>(stream, () -> both.apply(body.get(), other.body.get()), all);
    }

    /** Whether this thread runs a body again: its calls are left out. */
    public static boolean answering() {
        Deferred<?> active = ACTIVE.get();
        return active != null && active.answering;
    }

    /** Whether this thread runs a body whose numbers are read later. */
    static boolean isActive() {
        return ACTIVE.get() != null;
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
        } else {
            active.record(tensor, offset, bytes, reader);
        }
        return true;
    }

    private void record(Tensor tensor, long offset, long bytes, LongConsumer reader) {
        byte[] content = new byte[Math.toIntExact(bytes)];
        if (tensor.dtype() == DType.FLOAT64 || tensor.dtype() == DType.FLOAT32) {
            reads.add(new Read(tensor.reshape(tensor.shape().toArray()), offset, bytes, content));
            Arrays.fill(content, (byte) 0xff); // NaN in both types
        } else {
            ACTIVE.set(null);
            try {
                tensor.getBytes(offset, ByteBuffer.wrap(content));
            } finally {
                ACTIVE.set(this);
            }
            reads.add(new Read(null, 0, bytes, content));
        }
        pass(content, reader);
    }

    private static void pass(byte[] content, LongConsumer reader) {
        try (BytePointer bytes = new BytePointer(content)) {
            reader.accept(bytes.address());
        }
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
            reader.accept(numbers);
            numbers += read.coming();
        }
    }

    /** Whether the result is known without waiting. */
    public boolean isKnown() {
        return reads.isEmpty();
    }

    /** Keeps the numbers beyond the scope around, until {@link #close}: what a captured graph needs. */
    public Deferred<T> keep() {
        sources().forEach(Scope::detach);
        return this;
    }

    private List<Tensor> sources() {
        return reads.stream().map(Read::source).filter(Objects::nonNull).toList();
    }

    /** Starts to bring the numbers of now to the host, behind what the stream was given; waits for nothing. */
    public Fetched<T> fetch() {
        if (isKnown()) {
            return Fetched.known(body.get());
        }
        Stream.checkNotCapturing("reading a number that the device computes");
        PinnedBytes target =
                PinnedBytes.take(stream, reads.stream().mapToLong(Read::coming).sum());
        long to = target.address();
        for (Read read : reads) {
            Tensor source = read.source();
            if (source != null) {
                long from = source.address() + read.offset();
                long at = to;
                stream.run((kernels, context) -> kernels.gramian_fetch(context, read.bytes(), from, at));
                to += read.coming();
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
        sources().forEach(Tensor::close);
    }
}
