package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where the kernels of a stream leave numbers that Java reads: memory that is taken once and freed with the stream. */
final class NumberSlots implements Stream.Call, AutoCloseable {
    /** The most numbers that a kernel gives. */
    static final int COUNT = 8;

    private final Stream stream;
    private final NativeArrays host;
    /** Where the kernels write, on devices whose memory the processor does not reach. */
    private @Nullable Tensor device;

    /** The call that runs, and the bytes of its numbers; guarded by the stream. */
    private Numbers.@Nullable Call current;

    private long bytes;

    NumberSlots(Stream stream, NativeArrays host) {
        this.stream = stream;
        this.host = host;
    }

    /** Runs a call and reads its numbers; calls of other threads wait. */
    void read(Numbers.Call call, double[] values) {
        if (Deferred.isActive()) {
            readLater(call, values);
            return;
        }
        if (Stream.isCapturing()) {
            Stream.checkNotCapturing("reading FLOAT64 (" + values.length + ")");
        }
        synchronized (stream) {
            if (device == null && !stream.memory().onHost()) {
                device = stream.compute(() -> Scope.detach(Tensor.empty(stream.device(), DType.FLOAT64, COUNT)));
            }
            current = call;
            bytes = (long) values.length * Double.BYTES;
            stream.run(this);
            for (int i = 0; i < values.length; i++) {
                values[i] = host.readDouble(i);
            }
        }
    }

    /** In memory of its own: other calls run before anybody reads it. */
    private void readLater(Numbers.Call call, double[] values) {
        try (Tensor own = Tensor.empty(stream.device(), DType.FLOAT64, values.length)) {
            stream.run((kernels, context) -> call.run(kernels, context, own.address()));
            System.arraycopy(own.toDoubles(), 0, values, 0, values.length);
        }
    }

    /** The current call, and its numbers to the host. */
    @Override
    public int run(Kernels kernels, long context) {
        Numbers.Call call = Objects.requireNonNull(current);
        if (device == null) {
            return call.run(kernels, context, host.at(0));
        }
        int status = call.run(kernels, context, device.address());
        return status == Kernels.GRAMIAN_OK
                ? kernels.gramian_download(context, bytes, device.address(), host.at(0))
                : status;
    }

    @Override
    public void close() {
        if (device != null) {
            device.close();
        }
    }
}
