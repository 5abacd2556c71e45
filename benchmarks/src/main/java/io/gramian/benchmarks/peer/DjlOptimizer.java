package io.gramian.benchmarks.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.gramian.benchmarks.Workload;
import java.util.List;
import java.util.stream.IntStream;

/** DJL's AdamW over many arrays. */
public final class DjlOptimizer implements Workload {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final Optimizer optimizer = Optimizer.adamW()
            .optLearningRateTracker(Tracker.fixed(1e-3f))
            .optWeightDecays(1e-2f)
            .build();
    private final List<NDArray> values;
    private final List<NDArray> gradients;

    /** Arrays of ones with gradients of 0.01. */
    public DjlOptimizer(int tensors, int elements) {
        values = filled(tensors, elements, 1);
        gradients = filled(tensors, elements, 0.01f);
    }

    private List<NDArray> filled(int tensors, int elements, float value) {
        return IntStream.range(0, tensors)
                .mapToObj(i -> manager.full(new Shape(elements), value))
                .toList();
    }

    @Override
    public void run() {
        for (int i = 0; i < values.size(); i++) {
            optimizer.update(Integer.toString(i), values.get(i), gradients.get(i));
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
