package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Optimizers.Parameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Our AdamW update of many tensors. */
final class AdamWWorkload implements Workload {
    private final List<Tensor> means = new ArrayList<>();
    private final List<Tensor> squares = new ArrayList<>();
    private final Parameters parameters;
    private long step;

    AdamWWorkload(int tensors, int elements) {
        List<Tensor> values = new ArrayList<>();
        List<Tensor> gradients = new ArrayList<>();
        for (int i = 0; i < tensors; i++) {
            values.add(Tensor.of(Device.cpu(), AdamWStart.values(i, elements), elements));
            gradients.add(Tensor.of(Device.cpu(), AdamWStart.gradients(i, elements), elements));
            means.add(Tensor.zeros(Device.cpu(), elements));
            squares.add(Tensor.zeros(Device.cpu(), elements));
        }
        parameters = Parameters.of(values, gradients, 1e-3, 1e-2);
    }

    @Override
    public void run() {
        Device.cpu().backend().optimizers().adam(parameters, means, squares, 0.9, 0.999, 1e-8, ++step, true);
    }

    @Override
    public Map<String, float[]> results() {
        List<float[]> before =
                parameters.values().stream().map(Tensor::toFloats).toList();
        IntStream.range(0, AdamWStart.STEPS).forEach(each -> run());
        Map<String, float[]> changes = new LinkedHashMap<>();
        for (int i = 0; i < before.size(); i++) {
            changes.put(
                    "change of parameter " + i,
                    Inputs.change(before.get(i), parameters.values().get(i).toFloats()));
        }
        return changes;
    }

    @Override
    public void close() {
        List.of(means, squares, parameters.values(), parameters.gradients())
                .forEach(list -> list.forEach(Tensor::close));
    }
}
