package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.loss.MultiViewLoss;
import java.util.List;
import java.util.Random;

/** Value and gradient of one of our losses on two views. */
final class LossWorkload implements Workload {
    private final MultiViewLoss loss;
    private final List<Tensor> views;
    private final List<Tensor> gradients;

    LossWorkload(MultiViewLoss loss, int n, int d) {
        this.loss = loss;
        Device device = Device.cpu();
        float[][] data = views(n, d);
        this.views = List.of(Tensor.of(device, data[0], n, d), Tensor.of(device, data[1], n, d));
        this.gradients = List.of(Tensor.empty(device, n, d), Tensor.empty(device, n, d));
    }

    /** Two correlated Gaussian views: the same numbers for every side. */
    static float[][] views(int n, int d) {
        Random random = new Random(1);
        float[][] data = new float[2][n * d];
        for (int k = 0; k < n * d; k++) {
            double common = random.nextGaussian();
            data[0][k] = (float) (common + 0.5 * random.nextGaussian());
            data[1][k] = (float) (common + 0.5 * random.nextGaussian());
        }
        return data;
    }

    @Override
    public double value() {
        return loss.value(views);
    }

    @Override
    public void run() {
        double value = loss.valueAndGradient(views, gradients);
        if (!Double.isFinite(value)) {
            throw new IllegalStateException(loss.name() + ": expected a finite loss, got " + value);
        }
    }

    @Override
    public void close() {
        views.forEach(Tensor::close);
        gradients.forEach(Tensor::close);
    }
}
