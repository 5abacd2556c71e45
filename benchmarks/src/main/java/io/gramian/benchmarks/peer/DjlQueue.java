package io.gramian.benchmarks.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import io.gramian.benchmarks.Workload;
import java.util.Map;

/**
 * MoCo's loss in PyTorch through DJL as facebookresearch/moco writes it: the queue (d, length), logits of the positive and of
 * the queue side by side, cross entropy with class 0. The queue is not cloned, as it is there.
 */
public final class DjlQueue implements Workload {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final NDArray queries;
    private final NDArray keys;
    private final NDArray queue;
    private final float temperature;

    /** Copies queries and keys (n, d) and the queue (length, d). */
    public DjlQueue(float[][] views, float[] queue, int n, int d, float temperature) {
        this.temperature = temperature;
        queries = manager.create(views[0], new Shape(n, d));
        keys = manager.create(views[1], new Shape(n, d));
        NDArray rows = manager.create(queue, new Shape(queue.length / d, d));
        this.queue = rows.transpose().mul(1f); // laid out as (d, length)
        rows.close();
        queries.setRequiresGradient(true);
    }

    @Override
    public void run() {
        forwardAndBackward();
    }

    private float forwardAndBackward() {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray value = loss(step);
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
                "loss",
                new float[] {value},
                "gradient of the queries",
                queries.getGradient().toFloatArray());
    }

    private NDArray loss(NDManager step) {
        queries.tempAttach(step);
        keys.tempAttach(step);
        queue.tempAttach(step);
        NDArray q = queries.normalize(2, 1);
        NDArray k = keys.normalize(2, 1);
        NDArray positive = q.mul(k).sum(new int[] {1}, true);
        NDArray logits = positive.concat(q.matMul(queue), 1).div(temperature);
        return logits.logSoftmax(1).get(new NDIndex(":,0")).mean().neg();
    }

    @Override
    public void close() {
        manager.close();
    }
}
