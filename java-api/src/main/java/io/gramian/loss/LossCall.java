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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
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
 * {@link #start} waits for nothing. The first call takes scratch memory, kept by the stream; those after it allocate no memory
 * of the device and none outside the Java heap, unless they ask for more than any before. What carries addresses and shapes is
 * kept from call to call, and made anew for addresses other than those of the call before.
 *
 * <p>Immutable to its callers, and safe to use from several threads. Calls on one stream wait for each other; on streams of
 * their own they run side by side.
 */
public final class LossCall {
    /** A loss of tensors: what {@link #of(Body, Stream, DType, List, List)} makes callable with addresses. */
    @FunctionalInterface
    public interface Body {
        /**
         * The loss.
         *
         * @param inputs with the shapes that were given; neither modified nor closed
         * @param gradients overwritten; none of them for the value alone
         */
        double run(List<Tensor> inputs, List<Tensor> gradients);
    }

    private static final long[] NONE = {};

    private final Body body;
    private final Stream stream;
    private final Device device;
    private final List<Shape> inputs;
    private final List<Shape> gradients;

    /** Of the last call, and mostly of the next. */
    private volatile @Nullable Bound last;

    /** What works on these addresses; its tensors belong to no scope. */
    private record Bound(long[] inputs, long[] gradients, Supplier<Double> work) {
        boolean isOf(long[] in, long[] out) {
            return Arrays.equals(inputs, in) && Arrays.equals(gradients, out);
        }
    }

    private LossCall(Body body, Stream stream, Device device, List<Shape> inputs, List<Shape> gradients) {
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
        return new LossCall(body, stream, stream.device(), List.copyOf(inputs), List.copyOf(gradients));
    }

    /**
     * A loss of views; inputs are the views (n, d), gradients those of all views.
     *
     * @throws IllegalArgumentException if the elements are not float32, or there are no views
     */
    public static LossCall of(MultiViewLoss loss, Stream stream, DType dtype, int views, long n, long d) {
        Check.atLeast("views", views, 1);
        Body body = (in, out) -> out.isEmpty() ? loss.value(in) : loss.valueAndGradient(in, out);
        return of(body, stream, dtype, copies(views, n, d), copies(views, n, d));
    }

    /**
     * A loss of predictions and targets, or queries and keys; inputs are two predictions and two targets (n, d), gradients
     * those of the predictions.
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
        Check.count("inputs", inputAddresses.length, inputs.size());
        return waiting(bound(inputAddresses, NONE));
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
        return waiting(checked(inputAddresses, gradientAddresses));
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
        return run(inARow(inputs, this.inputs), inARow(gradients, this.gradients));
    }

    /**
     * As {@link #run}, without waiting: gradients and value are ready behind what the stream was given, and what the caller
     * gives it next may use them. On the CPU all is done at return.
     *
     * @return the value; asking for it waits
     * @throws IllegalArgumentException as in {@link #run}
     */
    public Fetched<Double> start(long[] inputAddresses, long[] gradientAddresses) {
        Bound bound = checked(inputAddresses, gradientAddresses);
        return stream.compute(() -> {
            try (Scope scope = Scope.open()) {
                return Deferred.of(device, bound.work()).fetch();
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
        checkHost();
        try {
            return run(addresses("inputs", inputBuffers, inputs), addresses("gradients", gradientBuffers, gradients));
        } finally {
            Reference.reachabilityFence(inputBuffers);
            Reference.reachabilityFence(gradientBuffers);
        }
    }

    /**
     * {@link #run} on inputs that stand one behind the other in a direct buffer, from its position on, and gradients that do.
     *
     * @throws IllegalArgumentException as {@link #run(FloatBuffer[], FloatBuffer[])}
     */
    public double run(FloatBuffer inputs, FloatBuffer gradients) {
        checkHost();
        try {
            return run(
                    address("inputs", inputs, elements(this.inputs)),
                    address("gradients", gradients, elements(this.gradients)));
        } finally {
            Reference.reachabilityFence(inputs);
            Reference.reachabilityFence(gradients);
        }
    }

    private void checkHost() {
        if (!device.backend().memory().onHost()) {
            throw new IllegalArgumentException("expected addresses of memory on " + device
                    + ", where the loss runs, got buffers of the host; take a stream of Device.cpu() for them");
        }
    }

    private Bound checked(long[] in, long[] out) {
        Check.count("inputs", in.length, inputs.size());
        Check.count("gradients", out.length, gradients.size());
        return bound(in, out);
    }

    private Bound bound(long[] in, long[] out) {
        Bound known = last;
        if (known != null && known.isOf(in, out)) {
            return known;
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> z = tensors("inputs", in, inputs);
            List<Tensor> dz = tensors("gradients", out, gradients);
            scope.detachAll(); // memory of others: nobody has to free it
            Bound made = new Bound(in.clone(), out.clone(), () -> body.run(z, dz));
            last = made;
            return made;
        }
    }

    private double waiting(Bound bound) {
        return stream.compute(() -> {
            try (Scope scope = Scope.open()) {
                return bound.work().get();
            }
        });
    }

    private List<Tensor> tensors(String name, long[] addresses, List<Shape> shapes) {
        List<Tensor> tensors = new ArrayList<>(addresses.length);
        for (int i = 0; i < addresses.length; i++) {
            long address = addresses[i];
            long[] sizes = shapes.get(i).toArray();
            tensors.add(named(name + "[" + i + "]", () -> Tensor.wrap(device, address, DType.FLOAT32, sizes)));
        }
        return List.copyOf(tensors);
    }

    private static long[] addresses(String name, FloatBuffer[] buffers, List<Shape> shapes) {
        Check.count(name, buffers.length, shapes.size());
        long[] addresses = new long[buffers.length];
        for (int i = 0; i < buffers.length; i++) {
            addresses[i] =
                    address(name + "[" + i + "]", buffers[i], shapes.get(i).toArray());
        }
        return addresses;
    }

    private static long address(String name, FloatBuffer buffer, long... sizes) {
        try (Tensor checked = named(name, () -> Tensor.wrap(buffer, sizes))) {
            return checked.address();
        }
    }

    private static long[] inARow(long first, List<Shape> shapes) {
        long[] addresses = new long[shapes.size()];
        long next = first;
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = next;
            next += shapes.get(i).elements() * DType.FLOAT32.bytes();
        }
        return addresses;
    }

    private static long elements(List<Shape> shapes) {
        return shapes.stream().mapToLong(Shape::elements).sum();
    }

    private static Tensor named(String name, Supplier<Tensor> wrap) {
        try {
            return wrap.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }
}
