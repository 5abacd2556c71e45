package io.gramian.backend;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.backend.cuda.CudaLibraries;
import io.gramian.jni.Kernels;
import io.gramian.jni.MissingKernel;
import io.gramian.jni.SolverCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/**
 * A sequence of kernel calls with its scratch memory and threads. Calls of several Java threads wait for each other. On a
 * GPU a call returns before its work is done; what a stream is given runs in order, and two streams of a device wait for
 * each other only where {@link #waitFor} says so.
 */
public final class Stream implements AutoCloseable {
    /** The device of the call that this Java thread is in. */
    private static final ThreadLocal<@Nullable String> RUNNING = new ThreadLocal<>();

    private final Memory memory;
    private final Kernels kernels;
    private final long context;
    private @Nullable Event progress;
    private @Nullable CudaLibraries libraries;
    private @Nullable Rooms rooms;
    /** Native memory of the rooms of this stream, freed with it. */
    private final List<NativeArrays> arrays = new ArrayList<>();

    private final NumberSlots slots = new NumberSlots(this, newArrays());

    private Precision precision = Precision.FLOAT32;
    private Precision layerPrecision = Precision.FLOAT32;
    private boolean closed;

    /** One kernel call: takes the kernels and the context's address, returns the status. */
    @FunctionalInterface
    public interface Call {
        /** Calls one function of the C ABI. */
        int run(Kernels kernels, long context);
    }

    Stream(Memory memory, int device, int threads, long nativeStream) {
        this.memory = memory;
        this.kernels = memory.kernels();
        boolean alone = memory.onHost() && SharedBlas.enter(kernels);
        try (LongPointer result = new LongPointer(1)) {
            check(kernels.gramian_context_create(device, threads, nativeStream, result.address()));
            this.context = result.get();
        } finally {
            if (alone) {
                SharedBlas.leave(kernels);
            }
        }
        // the executor's memory is the host's, which no library of CUDA takes
        if (memory.device().startsWith("cuda")) {
            this.libraries = new CudaLibraries(kernels, context, nativeStream());
        }
    }

    /** cuBLAS, cuDNN and cuSOLVER on this stream; null on the processor. */
    @Nullable
    CudaLibraries libraries() {
        return libraries;
    }

    /** How operands of layers are rounded. */
    Precision layerPrecision() {
        return layerPrecision;
    }

    Kernels kernels() {
        return kernels;
    }

    /** Runs one call and turns a bad status into a {@link GramianException} with the library's message. */
    public void run(Call call) {
        if (!Deferred.answering()) {
            check(status(call));
        }
    }

    /** Runs one call and returns its status. */
    synchronized int status(Call call) {
        if (closed) {
            throw new IllegalStateException("this stream is closed");
        }
        Capture captured = Capture.current();
        if (captured != null && captured.stream() != this) {
            throw new GramianException("a call on another stream, of " + memory.device()
                    + ", stands inside a capture on " + captured.stream().memory.device()
                    + ", which would not repeat it; make it before or after");
        }
        String outer = RUNNING.get();
        RUNNING.set(memory.device());
        boolean alone = memory.onHost() && SharedBlas.enter(kernels);
        try {
            return call.run(kernels, context);
        } catch (MissingKernel missing) {
            throw new GramianException(
                    missing.kernel() + " does not exist on device " + memory.device() + " yet; use Device.cpu() for it",
                    missing);
        } finally {
            if (alone) {
                SharedBlas.leave(kernels);
            }
            RUNNING.set(outer);
        }
    }

    /** Refuses a tensor of another device in a kernel call of this thread: the last net under every operation. */
    public static void checkDevice(Tensor tensor) {
        String running = RUNNING.get();
        if (running != null && !running.equals(tensor.device().toString())) {
            throw new IllegalArgumentException("expected tensors on " + running + ", where this operation runs, got "
                    + tensor + "; copy it there with copyFrom");
        }
    }

    /** Refuses what needs the host, as in {@code reading FLOAT32 (3)}, while this thread captures. */
    public static void checkNotCapturing(String what) {
        Capture.checkNone(what);
    }

    /** Whether this thread captures. */
    static boolean isCapturing() {
        return Capture.current() != null;
    }

    /**
     * Changes whenever the calls that were made so far say nothing of what memory holds now: at both ends of a capture,
     * whose calls run later, and with each launch of a graph, which writes what its calls write. Odd inside a capture.
     */
    public long era() {
        return 2 * memory.era() + (graphMemory() == null ? 0 : 1);
    }

    /** Runs one call of a layer, in the precision of layers. */
    void runLayer(Call call) {
        if (layerPrecision == precision) {
            run(call);
            return;
        }
        run((calls, at) -> {
            int status = calls.gramian_context_set_precision(at, layerPrecision.code());
            if (status != Kernels.GRAMIAN_OK) {
                return status;
            }
            try {
                return call.run(calls, at);
            } finally {
                calls.gramian_context_set_precision(at, precision.code());
            }
        });
    }

    /**
     * Rounds the operands of Gram products and of layers from now on. Every device has {@link Precision#FLOAT32}, with which
     * it starts.
     *
     * @throws GramianException if the device does not have this precision
     */
    public synchronized void setPrecision(Precision wanted) {
        run((calls, at) -> calls.gramian_context_set_precision(at, wanted.code()));
        precision = wanted;
        layerPrecision = wanted;
    }

    /**
     * Rounds the operands of layers from now on, and those of nothing else: matrix products, convolutions, attention. Losses
     * keep what {@link #setPrecision} said, which is to be called before. With {@link Precision#BFLOAT16}, networks
     * store their activations as such ({@link Network#activations}); all else that layers store is float32.
     *
     * @throws GramianException if the device does not have this precision
     */
    public synchronized void setLayerPrecision(Precision wanted) {
        Precision others = precision;
        setPrecision(wanted);
        setPrecision(others);
        layerPrecision = wanted;
    }

    /**
     * Gives float64 factorisations and eigenproblems of order {@code from} and more to a solver of another library, on
     * devices that take one. It must stay open until the stream is closed, or another is lent.
     *
     * @throws GramianException if the device takes none
     */
    public void lendSolver(SolverCall.Function solver, long from) {
        run((kernels, context) -> kernels.gramian_context_lend_solver(context, SolverCall.address(solver), 0, from));
    }

    /** Threads of the kernels. */
    public int threads() {
        return kernels.gramian_context_threads(context);
    }

    /** Bytes of scratch memory held. */
    public synchronized long scratchBytes() {
        return closed ? 0 : kernels.gramian_context_scratch_bytes(context);
    }

    /** The {@code cudaStream_t} behind a stream of a CUDA device, for libraries that take one; 0 on the CPU. */
    public long nativeStream() {
        try (LongPointer result = new LongPointer(1)) {
            run((calls, at) -> calls.gramian_native_stream(at, result.address()));
            return result.get();
        }
    }

    /** Waits until all that the stream was given is done. Errors of kernels that nobody waited for come here. */
    public void synchronise() {
        checkNotCapturing("waiting for " + memory.device());
        run((calls, at) -> calls.gramian_synchronise(at));
    }

    /**
     * How often this Java thread has waited for devices of this kind so far: to find what holds up a training loop. Reading a
     * tensor is a wait, whether its numbers are there or not; waiting for an event that has come already is none. Always 0 on
     * the CPU.
     */
    public long waits() {
        try (LongPointer result = new LongPointer(1)) {
            run((calls, at) -> calls.gramian_waits(at, result.address()));
            return result.get();
        }
    }

    /** A new event; whoever asks for it closes it. */
    public Event newEvent() {
        return new Event(this);
    }

    /** Records an event behind what the stream was given so far. */
    public void record(Event event) {
        checkNotCapturing("an event");
        if (event.memory() != memory) {
            throw new IllegalArgumentException("event: expected one of " + memory.device() + ", got one of "
                    + event.memory().device() + "; make it with newEvent of the stream that records it");
        }
        run((calls, at) -> calls.gramian_event_record(at, event.handle()));
    }

    /** What the stream is given from now on waits for an event; the caller does not, unless this is a stream of the CPU. */
    public void waitFor(Event event) {
        checkNotCapturing("an event");
        if (event.memory().onHost()) {
            return; // its calls are over
        }
        if (memory.onHost()) {
            event.synchronise();
            return;
        }
        run((calls, at) -> calls.gramian_event_wait(at, event.handle()));
    }

    /** What the stream is given from now on waits for what another one was given so far; the caller does not. */
    public void waitFor(Stream other) {
        if (other != this && !other.memory.onHost()) {
            waitFor(other.progress());
        }
    }

    /** An event behind what the stream was given so far; valid until the next one. */
    private synchronized Event progress() {
        if (progress == null) {
            progress = newEvent();
        }
        record(progress);
        return progress;
    }

    /**
     * Runs a body whose tensors are allocated, filled and copied in the order of this stream, not of the main one, and whose
     * losses, whitenings, spectra and other operations of {@link Backend} run on it. What other streams did to tensors that
     * the body uses has to be waited for, and what the body did, before they use them.
     */
    public void use(Runnable body) {
        Stream before = memory.swapCurrent(this);
        try {
            body.run();
        } finally {
            memory.swapCurrent(before);
        }
    }

    /** The result of a body that runs as in {@link #use}. */
    public <T> T compute(Supplier<T> body) {
        Stream before = memory.swapCurrent(this);
        try {
            return body.get();
        } finally {
            memory.swapCurrent(before);
        }
    }

    /** The number of a body that runs as in {@link #use}; makes no object of its own. */
    public double computeAsDouble(DoubleSupplier body) {
        Stream before = memory.swapCurrent(this);
        try {
            return body.getAsDouble();
        } finally {
            memory.swapCurrent(before);
        }
    }

    /** The device of the stream. */
    public Device device() {
        return Device.named(memory.device());
    }

    /** The rooms of {@link Backend} on this stream, made when first asked for. */
    synchronized Rooms rooms() {
        if (closed) {
            throw new IllegalStateException("this stream is closed");
        }
        if (rooms == null) {
            rooms = new Rooms(this);
        }
        return rooms;
    }

    /** Where kernels leave numbers for Java. */
    NumberSlots slots() {
        return slots;
    }

    /** Native memory for the arguments of a room; freed with the stream. */
    synchronized NativeArrays newArrays() {
        NativeArrays made = new NativeArrays();
        arrays.add(made);
        return made;
    }

    /**
     * Records the calls of a body instead of running them. The body must call this stream alone, and the same every time:
     * it may neither read from the device nor write to it from the host, nor wait; such a call fails. Tensors that it
     * allocates belong to the graph and keep their addresses; what it leaves open holds the results of each
     * {@link Graph#launch}. Other threads that call this stream wait for the end of the capture.
     *
     * @throws GramianException if the device has no graphs (the CPU), or something in the body cannot be recorded
     */
    public synchronized Graph capture(Runnable body) {
        return Capture.of(this, body);
    }

    /** Where tensors come from while this thread captures this stream; null otherwise. */
    @Nullable
    GraphMemory graphMemory() {
        Capture captured = Capture.current();
        return captured != null && captured.stream() == this ? captured.memory() : null;
    }

    Memory memory() {
        return memory;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    void check(int status) {
        if (status == Kernels.GRAMIAN_OK) {
            return;
        }
        String message = kernels.gramian_last_error().getString();
        if (status == Kernels.GRAMIAN_OUT_OF_MEMORY && !memory.onHost()) {
            throw memory.exhausted(message);
        }
        throw new GramianException(message);
    }

    /** Waits for what the stream was given, and frees it. */
    @Override
    public synchronized void close() {
        if (!closed) {
            if (progress != null) {
                progress.close();
            }
            if (libraries != null) {
                libraries.close();
            }
            slots.close();
            closed = true;
            arrays.forEach(NativeArrays::close);
            check(kernels.gramian_context_destroy(context));
        }
    }
}
