package io.gramian.benchmarks.gpu;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.benchmarks.Inputs;
import io.gramian.jni.Kernels;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.GramSide;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.NtXent;
import io.gramian.loss.VicReg;
import java.util.List;
import java.util.Map;

/**
 * Value and gradients of a loss of two views. Timed is the function of the C ABI that the loss calls, because the loss itself
 * returns its value to the host and so waits for the device; compared is the loss.
 */
final class PairWork implements GpuWork {
    static final float TEMPERATURE = 0.1f;
    private static final float LAMBDA = 0.0051f;

    /** One call on (n, d) views with the addresses of the value and of both gradients. */
    private interface Call {
        int run(Kernels kernels, long context, PairWork work);
    }

    private final Stream stream;
    private final MultiViewLoss loss;
    private final Call call;
    private final long n;
    private final long d;
    private final int side;
    private final Tensor a;
    private final Tensor b;
    private final Tensor value;
    private final Tensor da;
    private final Tensor db;

    private PairWork(Device device, MultiViewLoss loss, int n, int d, Call call) {
        this.stream = device.backend().stream();
        this.loss = loss;
        this.call = call;
        this.n = n;
        this.d = d;
        this.side = GramSide.AUTO.onSamples(n, d) ? Kernels.GRAMIAN_GRAM_SAMPLES : Kernels.GRAMIAN_GRAM_FEATURES;
        float[][] views = Inputs.views(n, d);
        this.a = Tensor.of(device, views[0], n, d);
        this.b = Tensor.of(device, views[1], n, d);
        this.value = Tensor.empty(device, DType.FLOAT64, 3);
        this.da = Tensor.empty(device, n, d);
        this.db = Tensor.empty(device, n, d);
    }

    /** NT-Xent of as many rows in both views together. */
    static PairWork ntXent(Device device, int rows, int d) {
        return new PairWork(
                device,
                new NtXent(TEMPERATURE),
                rows / 2,
                d,
                (kernels, context, w) -> kernels.gramian_nt_xent_value_and_gradient(
                        context,
                        w.n,
                        w.d,
                        w.a.address(),
                        w.b.address(),
                        TEMPERATURE,
                        1,
                        0,
                        0,
                        w.value.address(),
                        w.da.address(),
                        w.db.address()));
    }

    /** Barlow Twins of (n, d) views, in its authors' settings. */
    static PairWork barlowTwins(Device device, int n, int d) {
        return new PairWork(
                device,
                BarlowTwins.defaults(),
                n,
                d,
                (kernels, context, w) -> kernels.gramian_barlow_twins(
                        context,
                        w.n,
                        w.d,
                        w.a.address(),
                        w.b.address(),
                        LAMBDA,
                        1e-5f,
                        0,
                        1,
                        w.side,
                        w.value.address(),
                        w.da.address(),
                        w.db.address()));
    }

    /** VICReg of (n, d) views, in its authors' settings. */
    static PairWork vicReg(Device device, int n, int d) {
        return new PairWork(
                device,
                VicReg.defaults(),
                n,
                d,
                (kernels, context, w) -> kernels.gramian_vicreg(
                        context,
                        w.n,
                        w.d,
                        w.a.address(),
                        w.b.address(),
                        25,
                        25,
                        1,
                        1e-4f,
                        1,
                        0.5f,
                        w.side,
                        w.value.address(),
                        w.da.address(),
                        w.db.address()));
    }

    @Override
    public void run() {
        stream.run((kernels, context) -> call.run(kernels, context, this));
    }

    @Override
    public void await() {
        value.toDoubles();
    }

    /** The gradients as the timed call left them. */
    Map<String, float[]> gradients() {
        return Map.of("da", da.toFloats(), "db", db.toFloats());
    }

    @Override
    public Map<String, float[]> exchange() {
        float result = (float) loss.valueAndGradient(List.of(a, b), List.of(da, db));
        return Map.of(
                "a", a.toFloats(),
                "b", b.toFloats(),
                "loss", new float[] {result},
                "da", da.toFloats(),
                "db", db.toFloats());
    }

    @Override
    public long extraBytes() {
        return stream.scratchBytes();
    }

    @Override
    public void close() {
        List.of(a, b, value, da, db).forEach(Tensor::close);
    }
}
