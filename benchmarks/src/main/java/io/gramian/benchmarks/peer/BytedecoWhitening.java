package io.gramian.benchmarks.peer;

import io.gramian.benchmarks.Workload;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * W-MSE in PyTorch 2.10 through bytedeco (DJL has no Cholesky): whitening by the inverse of a Cholesky factor, as in
 * htdt/self-supervised, slice after slice or all slices as one batch. Rows are taken in order: a permutation would cost this
 * side a gather.
 */
public final class BytedecoWhitening implements Workload {
    private final Tensor a;
    private final Tensor b;
    private final int window;
    private final float eps;
    private final boolean batched;

    /** Copies the views (n, d); n is a multiple of the window. */
    public BytedecoWhitening(float[][] views, int n, int d, int window, float eps, boolean batched) {
        this.a = tensor(views[0], n, d).set_requires_grad(true);
        this.b = tensor(views[1], n, d).set_requires_grad(true);
        this.window = window;
        this.eps = eps;
        this.batched = batched;
    }

    static Tensor tensor(float[] values, long n, long d) {
        torch.set_num_threads(Runtime.getRuntime().availableProcessors());
        try (FloatPointer memory = new FloatPointer(values)) {
            Tensor borrowed = torch.from_blob(memory, n, d);
            Tensor copy = borrowed.clone();
            borrowed.close();
            return copy;
        }
    }

    @Override
    public void run() {
        try (PointerScope scope = new PointerScope()) {
            loss().backward();
            a.mutable_grad().zero_();
            b.mutable_grad().zero_();
        }
    }

    @Override
    public Map<String, float[]> results() {
        try (PointerScope scope = new PointerScope()) {
            Tensor loss = loss();
            loss.backward();
            return Map.of(
                    "loss", new float[] {loss.item_float()},
                    "gradient of a", floats(a.grad()),
                    "gradient of b", floats(b.grad()));
        }
    }

    static float[] floats(Tensor tensor) {
        Tensor dense = tensor.contiguous();
        float[] values = new float[Math.toIntExact(dense.numel())];
        dense.data_ptr_float().get(values);
        return values;
    }

    @Override
    public void close() {
        a.close();
        b.close();
    }

    private Tensor loss() {
        long n = a.size(0);
        long d = a.size(1);
        long slices = n / window;
        if (batched) {
            long[] shape = {slices, window, d};
            return distance(whiten(a.view(shape)), whiten(b.view(shape)));
        }
        Tensor sum = null;
        for (long slice = 0; slice < slices; slice++) {
            Tensor wa = whiten(a.narrow(0, slice * window, window).view(1, window, d));
            Tensor wb = whiten(b.narrow(0, slice * window, window).view(1, window, d));
            sum = sum == null ? distance(wa, wb) : sum.add(distance(wa, wb));
        }
        return sum == null ? a.sum() : sum.div(new Scalar((float) slices));
    }

    private Tensor whiten(Tensor x) {
        Tensor centred = x.sub(x.mean(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional()));
        long d = x.size(2);
        Tensor eye = torch.eye(d, new TensorOptions());
        Tensor covariance = torch.bmm(centred.transpose(1, 2), centred).mul(new Scalar((1 - eps) / (x.size(1) - 1)));
        Tensor factor = torch.linalg_cholesky(covariance.add(eye.mul(new Scalar(eps))));
        Tensor inverse = eye.triangular_solve(factor, false, false, false).get0();
        return torch.bmm(centred, inverse.transpose(1, 2));
    }

    /** Mean of 2 - 2 cos over the rows. */
    private static Tensor distance(Tensor x, Tensor y) {
        Tensor cosine = unit(x).mul(unit(y)).sum(2L);
        return cosine.mul(new Scalar(-2f)).add(new Scalar(2f)).mean();
    }

    private static Tensor unit(Tensor x) {
        return x.div(x.norm(new ScalarOptional(new Scalar(2f)), new long[] {2}, true));
    }
}
