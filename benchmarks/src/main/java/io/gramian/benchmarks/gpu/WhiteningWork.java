package io.gramian.benchmarks.gpu;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Stream;
import io.gramian.benchmarks.Inputs;
import io.gramian.jni.Kernels;
import io.gramian.loss.WMse;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.LongPointer;

/**
 * W-MSE of two views (n, d) in slices of 256 rows, Cholesky, cosine, with its gradients; the permutation is drawn once. The
 * timed call is that of the C ABI, as in {@link PairWork}.
 */
final class WhiteningWork implements GpuWork {
    static final int WINDOW = 256;
    static final float EPS = 1e-6f;

    private final Stream stream;
    private final WMse loss = new WMse(WINDOW, 1, EPS, true, 1);
    private final long n;
    private final long d;
    private final List<Tensor> views;
    private final List<Tensor> gradients;
    private final Tensor permutations;
    private final Tensor value;
    private final LongPointer addresses = new LongPointer(4);

    WhiteningWork(Device device, int n, int d) {
        this.stream = device.backend().stream();
        this.n = n;
        this.d = d;
        float[][] data = Inputs.views(n, d);
        this.views = List.of(Tensor.of(device, data[0], n, d), Tensor.of(device, data[1], n, d));
        this.gradients = List.of(Tensor.empty(device, n, d), Tensor.empty(device, n, d));
        this.permutations = Tensor.ofInts(device, loss.permutations(0, n), 1, n);
        this.value = Tensor.empty(device, DType.FLOAT64, 1);
        for (int v = 0; v < 2; v++) {
            addresses.put(v, views.get(v).address());
            addresses.put(2 + v, gradients.get(v).address());
        }
    }

    @Override
    public void run() {
        stream.run((kernels, context) -> kernels.gramian_w_mse(
                context,
                2,
                n,
                d,
                addresses.address(),
                WINDOW,
                1,
                permutations.address(),
                EPS,
                1,
                Kernels.GRAMIAN_WHITEN_CHOLESKY,
                0,
                0,
                value.address(),
                addresses.address() + 2L * Long.BYTES));
    }

    @Override
    public void await() {
        value.toDoubles();
    }

    /** The gradients as the timed call left them. */
    Map<String, float[]> gradients() {
        return Map.of("da", gradients.get(0).toFloats(), "db", gradients.get(1).toFloats());
    }

    @Override
    public Map<String, float[]> exchange() {
        float result = (float) loss.valueAndGradient(views, permutations, gradients);
        return Map.of(
                "a", views.get(0).toFloats(),
                "b", views.get(1).toFloats(),
                "loss", new float[] {result},
                "da", gradients.get(0).toFloats(),
                "db", gradients.get(1).toFloats());
    }

    @Override
    public long extraBytes() {
        return stream.scratchBytes();
    }

    @Override
    public void close() {
        views.forEach(Tensor::close);
        gradients.forEach(Tensor::close);
        permutations.close();
        value.close();
        addresses.close();
    }
}
