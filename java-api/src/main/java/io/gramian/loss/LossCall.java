package io.gramian.loss;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Shape;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Deferred;
import io.gramian.backend.Fetched;
import io.gramian.backend.Stream;
import java.lang.ref.Reference;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A loss for trainers that have memory of their own: value and gradient from addresses or direct buffers, on the caller's
 * stream.
 *
 * <pre>{@code
 * Stream stream = Device.cuda(0).backend().callerStream(cudaStream);   // or Device.cpu().backend().callerStream(0)
 * LossCall loss = LossCall.of(NtXent.defaults(), stream, DType.FLOAT32, 2, 256, 128);
 * double value = loss.run(new long[] {za, zb}, new long[] {dza, dzb});
 * }</pre>
 *
 * <p>Inputs are row-major, contiguous float32 on the device of the stream, at multiples of 4 bytes, and stay as they are;
 * gradients are overwritten, in memory that nothing else in the call uses. An address is trusted: memory that is shorter than
 * its shape, or of another device, is undefined behaviour, as in any native call.
 *
 * <p>Work runs in the order of the stream, behind what the caller gave it. {@link #run} waits for the value;
 * {@link #start} waits for nothing.
 *
 * <p>The first call takes scratch memory, kept by the stream. Calls after it allocate nothing: no memory of the device
 * (DenseCL on a GPU: its pool lends the matches), none outside the Java heap, and no Java object, whatever the addresses. Four
 * things make objects of their own. {@link #start} gives a new {@link Fetched}, on a GPU with what reads it later. Buffers that
 * are not those of the call before have to be asked for their address. A {@link Body}, and a loss that is not of this library,
 * allocate what they allocate. {@link WMse} and {@link LeJepa} draw for their step in every call; {@link RandomLoss#drawn} keeps
 * what is drawn, so that calls do not.
 *
 * <p>Safe to use from several threads. Calls on one stream wait for each other; on streams of their own they run side by
 * side.
 */
public final class LossCall {
    /** A loss of tensors: what {@link #of(Body, Stream, DType, List, List)} makes callable with addresses. */
    @FunctionalInterface
    public interface Body {
        /**
         * The loss.
         *
         * @param inputs with the shapes that were given; neither modified nor closed, nor kept for another call
         * @param gradients overwritten; none of them for the value alone
         */
        double run(List<Tensor> inputs, List<Tensor> gradients);
    }

    /** What can be prepared for tensors that stay the same, over memory that changes. */
    private interface Loss {
        DoubleSupplier on(List<Tensor> inputs, @Nullable List<Tensor> gradients);
    }

    private final Loss loss;
    private final Stream stream;
    private final Device device;
    private final Places inputs;
    private final Places gradients;

    /** Held by each call: the places are those of one call at a time. */
    private final Object turn = new Object();

    /** The loss alone, and with its gradients; made by the first call. */
    private @Nullable DoubleSupplier alone;

    private @Nullable DoubleSupplier whole;

    private final DoubleSupplier valueNow = this::value;
    private final DoubleSupplier runNow = () -> ready().getAsDouble();

    private LossCall(Loss loss, Stream stream, DType dtype, List<Shape> inputs, List<Shape> gradients) {
        if (dtype != DType.FLOAT32) {
            throw new IllegalArgumentException("dtype: expected FLOAT32, got " + dtype
                    + "; convert the embeddings to float32 before the loss, and its gradients back");
        }
        this.loss = loss;
        this.stream = stream;
        this.device = stream.device();
        this.inputs = new Places("inputs", device, inputs);
        this.gradients = new Places("gradients", device, gradients);
    }

    /**
     * Any loss, with inputs and gradients of these shapes.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(Body body, Stream stream, DType dtype, List<Shape> inputs, List<Shape> gradients) {
        Loss loss = (in, out) -> () -> {
            try (Scope scope = Scope.open()) {
                return body.run(in, out == null ? List.of() : out);
            }
        };
        return new LossCall(loss, stream, dtype, inputs, gradients);
    }

    /**
     * A loss of views; inputs are the views (n, d), gradients those of all views.
     *
     * @throws IllegalArgumentException if the elements are not float32, or there are no views
     */
    public static LossCall of(MultiViewLoss loss, Stream stream, DType dtype, int views, long n, long d) {
        Check.atLeast("views", views, 1);
        return new LossCall(loss::on, stream, dtype, copies(views, n, d), copies(views, n, d));
    }

    /**
     * A loss of predictions and targets, or queries and keys; inputs are two predictions and two targets (n, d), gradients
     * those of the predictions.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(PredictiveLoss loss, Stream stream, DType dtype, long n, long d) {
        Loss prepared = (in, out) -> loss.on(in.subList(0, 2), in.subList(2, 4), out);
        return new LossCall(prepared, stream, dtype, copies(4, n, d), copies(2, n, d));
    }

    /**
     * MoCo; inputs are queries (n, d), keys (n, d) and queue (length, d), the gradient that of the queries.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(QueueInfoNce loss, Stream stream, DType dtype, long n, long d, long length) {
        Shape batch = Shape.of(n, d);
        Loss prepared = (in, out) -> loss.on(in.get(0), in.get(1), in.get(2), out == null ? null : out.get(0))::value;
        return new LossCall(prepared, stream, dtype, List.of(batch, batch, Shape.of(length, d)), List.of(batch));
    }

    /**
     * DenseCL; inputs are the eight of {@link DenseCl.Maps} in their order, gradients those of the global and of the dense
     * queries.
     *
     * @param maps shapes of the inputs
     * @throws IllegalArgumentException if the elements are not float32, or these are not eight shapes
     */
    public static LossCall of(DenseCl loss, Stream stream, DType dtype, List<Shape> maps) {
        Check.count("maps", maps.size(), 8);
        Loss prepared = (in, out) ->
                loss.on(DenseCl.Maps.of(in), out == null ? null : out.get(0), out == null ? null : out.get(1));
        return new LossCall(prepared, stream, dtype, maps, List.of(maps.get(0), maps.get(2)));
    }

    /**
     * A penalty of one matrix (n, d).
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(FeaturePenalty penalty, Stream stream, DType dtype, long n, long d) {
        Loss prepared = (in, out) -> penalty.on(in.get(0), out == null ? null : out.get(0));
        return new LossCall(prepared, stream, dtype, copies(1, n, d), copies(1, n, d));
    }

    private static List<Shape> copies(int count, long n, long d) {
        return Collections.nCopies(count, Shape.of(n, d));
    }

    /** Stream on which the calls run. */
    public Stream stream() {
        return stream;
    }

    /**
     * The loss without its gradient.
     *
     * @param inputAddresses one per input
     * @throws IllegalArgumentException for another number of addresses, a null or misaligned one, or what the loss refuses
     * @throws io.gramian.GramianException if a kernel fails
     */
    public double value(long... inputAddresses) {
        synchronized (turn) {
            inputs.moveTo(inputAddresses);
            return stream.computeAsDouble(valueNow);
        }
    }

    /**
     * The loss and its gradients; waits for the value.
     *
     * @param inputAddresses one per input
     * @param gradientAddresses one per gradient, overwritten
     * @throws IllegalArgumentException for another number of addresses, a null or misaligned one, overlaps, or what the loss
     *     refuses
     * @throws io.gramian.GramianException if a kernel fails
     */
    public double run(long[] inputAddresses, long[] gradientAddresses) {
        synchronized (turn) {
            inputs.moveTo(inputAddresses);
            gradients.moveTo(gradientAddresses);
            return stream.computeAsDouble(runNow);
        }
    }

    /**
     * {@link #run} on inputs that stand one behind the other in memory, as both views do in a batch that holds them below each
     * other, and gradients that do.
     *
     * @param inputs address of the first
     * @param gradients address of the first, all overwritten
     * @throws IllegalArgumentException as {@link #run(long[], long[])}
     */
    public double run(long inputs, long gradients) {
        synchronized (turn) {
            this.inputs.moveTo(inputs);
            this.gradients.moveTo(gradients);
            return stream.computeAsDouble(runNow);
        }
    }

    /**
     * As {@link #run}, without waiting: gradients and value are ready behind what the stream was given, and what the caller
     * gives it next may use them. On the CPU all is done at return.
     *
     * @return the value; asking for it waits
     * @throws IllegalArgumentException as in {@link #run}
     */
    public Fetched<Double> start(long[] inputAddresses, long[] gradientAddresses) {
        synchronized (turn) {
            inputs.moveTo(inputAddresses);
            gradients.moveTo(gradientAddresses);
            return onHost() ? Fetched.known(stream.computeAsDouble(runNow)) : stream.compute(this::started);
        }
    }

    private Fetched<Double> started() {
        DoubleSupplier ready = ready();
        try (Scope scope = Scope.open()) {
            return Deferred.of(device, () -> inTurn(ready)).fetch();
        }
    }

    /** Also when the value is asked for, while another thread may call. */
    private double inTurn(DoubleSupplier ready) {
        synchronized (turn) {
            return ready.getAsDouble();
        }
    }

    /**
     * {@link #run} on direct buffers of the host, each from its position on.
     *
     * @throws IllegalArgumentException unless the stream is one of the CPU and every buffer is direct, writable, in the
     *     machine's byte order, aligned to 4 bytes and long enough; else as in {@link #run}
     */
    public double run(FloatBuffer[] inputBuffers, FloatBuffer[] gradientBuffers) {
        checkHost();
        synchronized (turn) {
            inputs.moveTo(inputBuffers);
            gradients.moveTo(gradientBuffers);
            try {
                return stream.computeAsDouble(runNow);
            } finally {
                Reference.reachabilityFence(inputBuffers);
                Reference.reachabilityFence(gradientBuffers);
            }
        }
    }

    /**
     * {@link #run} on inputs that stand one behind the other in a direct buffer, from its position on, and gradients that do.
     *
     * @throws IllegalArgumentException as {@link #run(FloatBuffer[], FloatBuffer[])}
     */
    public double run(FloatBuffer inputs, FloatBuffer gradients) {
        checkHost();
        synchronized (turn) {
            this.inputs.moveTo(inputs);
            this.gradients.moveTo(gradients);
            try {
                return stream.computeAsDouble(runNow);
            } finally {
                Reference.reachabilityFence(inputs);
                Reference.reachabilityFence(gradients);
            }
        }
    }

    private boolean onHost() {
        return device.backend().memory().onHost();
    }

    private void checkHost() {
        if (!onHost()) {
            throw new IllegalArgumentException("expected addresses of memory on " + device
                    + ", where the loss runs, got buffers of the host; take a stream of Device.cpu() for them");
        }
    }

    private double value() {
        if (alone == null) {
            alone = loss.on(inputs.tensors(), null);
        }
        return alone.getAsDouble();
    }

    /** The loss with its gradients: prepared once, and again where memory overlaps, which the loss refuses. */
    private DoubleSupplier ready() {
        if (whole == null || gradients.overlap(inputs)) {
            whole = loss.on(inputs.tensors(), gradients.tensors());
        }
        return whole;
    }
}
