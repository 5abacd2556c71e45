package io.gramian.benchmarks.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.gramian.benchmarks.Workload;
import java.util.function.BiFunction;

/** A loss on two views in PyTorch 2.7.1 through DJL 0.35.1: forward, backward, temporaries freed. */
public final class Djl implements Workload {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final NDArray a;
    private final NDArray b;
    private final BiFunction<NDArray, NDArray, NDArray> loss;

    /** Copies the views (n, d). */
    public Djl(float[][] views, int n, int d, BiFunction<NDArray, NDArray, NDArray> loss) {
        this.loss = loss;
        a = manager.create(views[0], new Shape(n, d));
        b = manager.create(views[1], new Shape(n, d));
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
    }

    @Override
    public void run() {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            a.tempAttach(step);
            b.tempAttach(step);
            NDArray value = loss.apply(a, b);
            collector.backward(value);
            if (!Float.isFinite(value.getFloat())) {
                throw new IllegalStateException("expected a finite loss, got " + value.getFloat());
            }
        }
    }

    @Override
    public double value() {
        try (NDManager step = manager.newSubManager()) {
            a.tempAttach(step);
            b.tempAttach(step);
            return loss.apply(a, b).getFloat();
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
