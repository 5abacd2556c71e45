package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.MultiViewLoss;
import java.util.List;
import java.util.Map;

/** Value and gradient of one of our losses on two views. */
final class LossWorkload implements Workload {
    private final MultiViewLoss loss;
    private final List<Tensor> views;
    private final List<Tensor> gradients;

    LossWorkload(MultiViewLoss loss, int n, int d) {
        this.loss = loss;
        Device device = Device.cpu();
        float[][] data = Inputs.views(n, d);
        this.views = List.of(Tensor.of(device, data[0], n, d), Tensor.of(device, data[1], n, d));
        this.gradients = List.of(Tensor.empty(device, n, d), Tensor.empty(device, n, d));
    }

    @Override
    public void run() {
        double value = loss.valueAndGradient(views, gradients);
        if (!Double.isFinite(value)) {
            throw new IllegalStateException(loss.name() + ": expected a finite loss, got " + value);
        }
    }

    @Override
    public Map<String, float[]> results() {
        float value = (float) loss.valueAndGradient(views, gradients);
        return Map.of(
                "loss", new float[] {value},
                "gradient of a", gradients.get(0).toFloats(),
                "gradient of b", gradients.get(1).toFloats());
    }

    @Override
    public void close() {
        views.forEach(Tensor::close);
        gradients.forEach(Tensor::close);
    }
}
