package io.gramian.backend;

import io.gramian.GramianException;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import io.gramian.jni.MissingKernel;
import io.gramian.jni.SolverCall;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/** A sequence of kernel calls with its scratch memory and threads. Calls of several Java threads wait for each other. */
public final class Stream implements AutoCloseable {
    /** The device of the call that this Java thread is in. */
    private static final ThreadLocal<@Nullable String> RUNNING = new ThreadLocal<>();

    private final String device;
    private final Kernels kernels;
    private final long context;
    private boolean closed;

    /** One kernel call: takes the kernels and the context's address, returns the status. */
    @FunctionalInterface
    public interface Call {
        /** Calls one function of the C ABI. */
        int run(Kernels kernels, long context);
    }

    Stream(Kernels kernels, int threads) {
        this("cpu", kernels, threads, 0);
    }

    Stream(String device, Kernels kernels, int threads, long nativeStream) {
        this.device = device;
        this.kernels = kernels;
        try (LongPointer result = new LongPointer(1)) {
            check(kernels.gramian_context_create(threads, nativeStream, result.address()));
            this.context = result.get();
        }
    }

    /** Runs one call and turns a bad status into a {@link GramianException} with the library's message. */
    public synchronized void run(Call call) {
        if (closed) {
            throw new IllegalStateException("this stream is closed");
        }
        String outer = RUNNING.get();
        RUNNING.set(device);
        try {
            check(call.run(kernels, context));
        } catch (MissingKernel missing) {
            throw new GramianException(
                    missing.kernel() + " does not exist on device " + device + " yet; use Device.cpu() for it",
                    missing);
        } finally {
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

    /**
     * Rounds the operands of Gram products from now on. Every device has {@link Precision#FLOAT32}, with which it starts.
     *
     * @throws GramianException if the device does not have this precision
     */
    public void setPrecision(Precision precision) {
        run((kernels, context) -> kernels.gramian_context_set_precision(context, precision.code()));
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

    private void check(int status) {
        if (status != Kernels.GRAMIAN_OK) {
            throw new GramianException(kernels.gramian_last_error().getString());
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            kernels.gramian_context_destroy(context);
        }
    }
}
