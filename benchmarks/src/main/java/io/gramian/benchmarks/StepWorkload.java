package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.function.Rows;
import io.gramian.autograd.optim.Sgd;
import io.gramian.loss.NtXent;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Our training step of ResNet-18 on images of CIFAR's size: forward, NT-Xent between the two halves of the batch, backward,
 * SGD with momentum.
 */
final class StepWorkload implements Workload {
    private final Tensor images;
    private final int batch;
    private final ResNet network = ResNet.resNet18(Device.cpu(), Stem.CIFAR, 64, 3, 1);
    private final Sgd sgd = new Sgd(network.parameters(), new Sgd.Settings(StepStart.MOMENTUM, StepStart.DECAY, false));

    StepWorkload(int batch, int size) {
        this.batch = batch;
        this.images = Tensor.of(Device.cpu(), StepStart.pixels(batch, size), batch, size, size, 3);
        int index = 0;
        for (Map.Entry<String, Variable> parameter : network.parameters().entrySet()) {
            Tensor value = parameter.getValue().value();
            value.copyFrom(start(index++, parameter.getKey(), value));
        }
        network.training(true);
    }

    private static float[] start(int index, String name, Tensor value) {
        long[] shape = value.shape().toArray();
        if (shape.length == 4) {
            return StepStart.convolution(index, shape[0], shape[1], shape[2], shape[3]);
        }
        int count = Math.toIntExact(shape[0]);
        return name.endsWith("bias") ? StepStart.offsets(index, count) : StepStart.factors(index, count);
    }

    private double step() {
        try (Scope scope = Scope.open()) {
            sgd.zeroGrad();
            Variable features = network.forward(Variable.constant(images));
            Variable first = Rows.apply(features, 0, batch / 2);
            Variable second = Rows.apply(features, batch / 2, batch);
            Variable loss = EmbeddingLoss.apply(new NtXent(StepStart.TEMPERATURE), List.of(first, second));
            loss.backward();
            sgd.step(StepStart.RATE);
            return loss.value().item();
        }
    }

    @Override
    public void run() {
        step();
    }

    @Override
    public Map<String, float[]> results() {
        List<Variable> parameters = new ArrayList<>(network.parameters().values());
        List<float[]> before = parameters.stream()
                .map(parameter -> parameter.value().toFloats())
                .toList();
        Map<String, float[]> results = new LinkedHashMap<>();
        results.put("loss", new float[] {(float) step()});
        for (int i = 0; i < before.size(); i++) {
            float[] after = parameters.get(i).value().toFloats();
            results.put("change of parameter " + i, Inputs.change(before.get(i), after));
        }
        return results;
    }

    @Override
    public void close() {
        sgd.close();
        network.close();
        images.close();
    }
}
