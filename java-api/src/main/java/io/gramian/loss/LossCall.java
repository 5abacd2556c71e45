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
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

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
 * {@link #start} waits for nothing. The first call takes scratch memory, kept by the stream; those after it allocate no memory
 * of the device and none outside the Java heap, unless they ask for more than any before.
 *
 * <p>Immutable, and safe to use from several threads. Calls on one stream wait for each other; on streams of their own they
 * run side by side.
 */
public final class LossCall {
    /** A loss of tensors: what {@link #of(Body, Stream, DType, List, List)} makes callable with addresses. */
    @FunctionalInterface
    public interface Body {
        /**
         * The loss.
         *
         * @param inputs with the shapes that were given; not modified
         * @param gradients overwritten; none of them for the value alone
         */
        double run(List<Tensor> inputs, List<Tensor> gradients);
    }

    private final Body body;
    private final Stream stream;
    private final Device device;
    private final List<long[]> inputs;
    private final List<long[]> gradients;

    private LossCall(Body body, Stream stream, Device device, List<long[]> inputs, List<long[]> gradients) {
        this.body = body;
        this.stream = stream;
        this.device = device;
        this.inputs = inputs;
        this.gradients = gradients;
    }

    /**
     * Any loss, with inputs and gradients of these shapes.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(Body body, Stream stream, DType dtype, List<Shape> inputs, List<Shape> gradients) {
        if (dtype != DType.FLOAT32) {
            throw new IllegalArgumentException("dtype: expected FLOAT32, got " + dtype
                    + "; convert the embeddings to float32 before the loss, and its gradients back");
        }
        List<long[]> in = inputs.stream().map(Shape::toArray).toList();
        List<long[]> out = gradients.stream().map(Shape::toArray).toList();
        return new LossCall(body, stream, stream.device(), in, out);
    }

    /**
     * A loss of views; inputs are the views (n, d), gradients those of all views.
     *
     * @throws IllegalArgumentException if the elements are not float32, or there are no views
     */
    public static LossCall of(MultiViewLoss loss, Stream stream, DType dtype, int views, long n, long d) {
        Check.atLeast("views", views, 1);
        List<Shape> shapes = Collections.nCopies(views, Shape.of(n, d));
        Body body = (in, out) -> out.isEmpty() ? loss.value(in) : loss.valueAndGradient(in, out);
        return of(body, stream, dtype, shapes, shapes);
    }

    /**
     * A loss of predictions and targets; inputs are two predictions and two targets (n, d), gradients those of the
     * predictions.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(PredictiveLoss loss, Stream stream, DType dtype, long n, long d) {
        Body body = (in, out) -> out.isEmpty()
                ? loss.value(in.subList(0, 2), in.subList(2, 4))
                : loss.valueAndGradient(in.subList(0, 2), in.subList(2, 4), out);
        return of(body, stream, dtype, copies(4, n, d), copies(2, n, d));
    }

    /**
     * MoCo v3; inputs are two queries and two keys (n, d), gradients those of the queries.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(MocoV3 loss, Stream stream, DType dtype, long n, long d) {
        Body body = (in, out) -> out.isEmpty()
                ? loss.value(in.subList(0, 2), in.subList(2, 4))
                : loss.valueAndGradient(in.subList(0, 2), in.subList(2, 4), out);
        return of(body, stream, dtype, copies(4, n, d), copies(2, n, d));
    }

    /**
     * MoCo; inputs are queries (n, d), keys (n, d) and queue (length, d), the gradient that of the queries.
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(QueueInfoNce loss, Stream stream, DType dtype, long n, long d, long length) {
        Shape batch = Shape.of(n, d);
        Body body = (in, out) -> out.isEmpty()
                ? loss.value(in.get(0), in.get(1), in.get(2))
                : loss.valueAndGradient(in.get(0), in.get(1), in.get(2), out.get(0));
        return of(body, stream, dtype, List.of(batch, batch, Shape.of(length, d)), List.of(batch));
    }

    /**
     * A penalty of one matrix (n, d).
     *
     * @throws IllegalArgumentException if the elements are not float32
     */
    public static LossCall of(FeaturePenalty penalty, Stream stream, DType dtype, long n, long d) {
        Body body =
                (in, out) -> out.isEmpty() ? penalty.value(in.get(0)) : penalty.valueAndGradient(in.get(0), out.get(0));
        return of(body, stream, dtype, copies(1, n, d), copies(1, n, d));
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
        return stream.compute(() -> {
            try (Scope scope = Scope.open()) {
                return body.run(tensors("inputs", inputAddresses, inputs), List.of());
            }
        });
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
        return stream.compute(() -> {
            try (Scope scope = Scope.open()) {
                List<Tensor> in = tensors("inputs", inputAddresses, inputs);
                return body.run(in, tensors("gradients", gradientAddresses, gradients));
            }
        });
    }

    /**
     * As {@link #run}, without waiting: gradients and value are ready behind what the stream was given, and what the caller
     * gives it next may use them. On the CPU all is done at return.
     *
     * @return the value; asking for it waits
     * @throws IllegalArgumentException as in {@link #run}
     */
    public Fetched<Double> start(long[] inputAddresses, long[] gradientAddresses) {
        return stream.compute(() -> {
            try (Scope scope = Scope.open()) {
                List<Tensor> in = tensors("inputs", inputAddresses, inputs);
                List<Tensor> out = tensors("gradients", gradientAddresses, gradients);
                return Deferred.of(device, () -> body.run(in, out)).fetch();
            }
        });
    }

    /**
     * {@link #run} on direct buffers of the host, each from its position on.
     *
     * @throws IllegalArgumentException unless the stream is one of the CPU and every buffer is direct, writable, in the
     *     machine's byte order, aligned to 4 bytes and long enough; else as in {@link #run}
     */
    public double run(FloatBuffer[] inputBuffers, FloatBuffer[] gradientBuffers) {
        if (!device.backend().memory().onHost()) {
            throw new IllegalArgumentException("expected addresses of memory on " + device
                    + ", where the loss runs, got buffers of the host; take a stream of Device.cpu() for them");
        }
        return stream.compute(() -> {
            try (Scope scope = Scope.open()) {
                List<Tensor> in = tensors("inputs", inputBuffers, inputs);
                return body.run(in, tensors("gradients", gradientBuffers, gradients));
            }
        });
    }

    private List<Tensor> tensors(String name, long[] addresses, List<long[]> shapes) {
        Check.count(name, addresses.length, shapes.size());
        List<Tensor> tensors = new ArrayList<>(addresses.length);
        for (int i = 0; i < addresses.length; i++) {
            long address = addresses[i];
            long[] sizes = shapes.get(i);
            tensors.add(named(name, i, () -> Tensor.wrap(device, address, DType.FLOAT32, sizes)));
        }
        return tensors;
    }

    private static List<Tensor> tensors(String name, FloatBuffer[] buffers, List<long[]> shapes) {
        Check.count(name, buffers.length, shapes.size());
        List<Tensor> tensors = new ArrayList<>(buffers.length);
        for (int i = 0; i < buffers.length; i++) {
            FloatBuffer buffer = buffers[i];
            long[] sizes = shapes.get(i);
            tensors.add(named(name, i, () -> Tensor.wrap(buffer, sizes)));
        }
        return tensors;
    }

    private static Tensor named(String name, int index, Supplier<Tensor> wrap) {
        try {
            return wrap.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + "[" + index + "]: " + e.getMessage(), e);
        }
    }
}
