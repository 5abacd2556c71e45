package io.gramian.benchmarks.peer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.gramian.benchmarks.AdamWStart;
import io.gramian.benchmarks.Inputs;
import io.gramian.benchmarks.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** DJL's AdamW over many arrays. */
public final class DjlAdamW implements Workload {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final Optimizer optimizer = Optimizer.adamW()
            .optLearningRateTracker(Tracker.fixed(1e-3f))
            .optWeightDecays(1e-2f)
            .build();
    private final List<NDArray> values = new ArrayList<>();
    private final List<NDArray> gradients = new ArrayList<>();

    /** Arrays with their gradients. */
    public DjlAdamW(int tensors, int elements) {
        for (int i = 0; i < tensors; i++) {
            values.add(manager.create(AdamWStart.values(i, elements)));
            gradients.add(manager.create(AdamWStart.gradients(i, elements)));
        }
    }

    @Override
    public void run() {
        for (int i = 0; i < values.size(); i++) {
            optimizer.update(Integer.toString(i), values.get(i), gradients.get(i));
        }
    }

    @Override
    public Map<String, float[]> results() {
        List<float[]> before = values.stream().map(NDArray::toFloatArray).toList();
        // DJL's update zeroes the gradient of an array that has one; these have none, and stay
        for (int step = 0; step < AdamWStart.STEPS; step++) {
            run();
        }
        Map<String, float[]> changes = new LinkedHashMap<>();
        for (int i = 0; i < before.size(); i++) {
            changes.put(
                    "change of parameter " + i,
                    Inputs.change(before.get(i), values.get(i).toFloatArray()));
        }
        return changes;
    }

    @Override
    public void close() {
        manager.close();
    }
}
