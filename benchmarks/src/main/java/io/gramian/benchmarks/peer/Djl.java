package io.gramian.benchmarks.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.gramian.benchmarks.Workload;
import java.util.Map;

/** A loss on two views in PyTorch 2.7.1 through DJL 0.35.1: forward, backward, temporaries freed. */
public final class Djl implements Workload {
    /** A loss of two arrays. */
    @FunctionalInterface
    public interface Loss {
        /** The scalar. */
        NDArray apply(NDArray a, NDArray b);
    }

    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final NDArray a;
    private final NDArray b;
    private final Loss loss;

    /** Copies the views (n, d). */
    public Djl(float[][] views, int n, int d, Loss loss) {
        this.loss = loss;
        a = manager.create(views[0], new Shape(n, d));
        b = manager.create(views[1], new Shape(n, d));
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
    }

    @Override
    public void run() {
        forwardAndBackward();
    }

    private float forwardAndBackward() {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            a.tempAttach(step);
            b.tempAttach(step);
            NDArray value = loss.apply(a, b);
            collector.backward(value);
            float number = value.getFloat();
            if (!Float.isFinite(number)) {
                throw new IllegalStateException("expected a finite loss, got " + number);
            }
            return number;
        }
    }

    @Override
    public Map<String, float[]> results() {
        float value = forwardAndBackward();
        return Map.of(
                "loss", new float[] {value},
                "gradient of a", a.getGradient().toFloatArray(),
                "gradient of b", b.getGradient().toFloatArray());
    }

    @Override
    public void close() {
        manager.close();
    }
}
