package io.gramian.benchmarks.peer;

import io.gramian.benchmarks.Workload;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Singular values in PyTorch 2.10 through bytedeco: svdvals of the float32 matrix. */
public final class BytedecoSpectrum implements Workload {
    private final Tensor z;

    /** Copies the matrix (n, d). */
    public BytedecoSpectrum(float[] z, int n, int d) {
        this.z = Bytedeco.tensor(z, n, d);
    }

    @Override
    public void run() {
        try (PointerScope scope = new PointerScope()) {
            torch.linalg_svdvals(z);
        }
    }

    @Override
    public Map<String, float[]> results() {
        try (PointerScope scope = new PointerScope()) {
            return Map.of("singular values", Bytedeco.floats(torch.linalg_svdvals(z)));
        }
    }

    @Override
    public void close() {
        z.close();
    }
}
