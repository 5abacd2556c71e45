package io.gramian.benchmarks.peer;

import io.gramian.benchmarks.Workload;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A loss on two views in PyTorch 2.10 through bytedeco: forward, backward, temporaries freed. */
public final class Bytedeco implements Workload {
    /** A loss of two tensors. */
    @FunctionalInterface
    public interface Loss {
        /** The scalar. */
        Tensor apply(Tensor a, Tensor b);
    }

    private final Tensor a;
    private final Tensor b;
    private final Loss loss;

    /** Copies the views (n, d). */
    public Bytedeco(float[][] views, int n, int d, Loss loss) {
        this.a = tensor(views[0], n, d).set_requires_grad(true);
        this.b = tensor(views[1], n, d).set_requires_grad(true);
        this.loss = loss;
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
            loss.apply(a, b).backward();
            a.mutable_grad().zero_();
            b.mutable_grad().zero_();
        }
    }

    @Override
    public Map<String, float[]> results() {
        try (PointerScope scope = new PointerScope()) {
            Tensor value = loss.apply(a, b);
            value.backward();
            return Map.of(
                    "loss", new float[] {value.item_float()},
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
}
