package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Linear;
import io.gramian.autograd.function.Relu;
import io.gramian.autograd.nn.Generator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Square linear layers, with or without a ReLU between two of them: {@code z = W_L ... W_1 x}. */
final class ToyNetwork implements AutoCloseable {
    private final Map<String, Variable> parameters = new LinkedHashMap<>();
    private final int depth;
    private final boolean rectified;

    private ToyNetwork(List<Tensor> weights, boolean rectified) {
        this.depth = weights.size();
        this.rectified = rectified;
        for (int layer = 0; layer < depth; layer++) {
            parameters.put("w" + (layer + 1), Variable.parameter(weights.get(layer)));
        }
    }

    /** Layers of these weights (d, d), which it takes over. */
    static ToyNetwork of(List<Tensor> weights, boolean rectified) {
        return new ToyNetwork(weights, rectified);
    }

    /** One layer with offsets, drawn as PyTorch does. */
    static ToyNetwork oneLayer(Device device, int d, Generator generator) {
        double bound = 1 / Math.sqrt(d);
        ToyNetwork network = new ToyNetwork(List.of(generator.split(0).uniform(device, bound, d, d)), false);
        network.parameters.put("b1", Variable.parameter(generator.split(1).uniform(device, bound, d)));
        return network;
    }

    /** Parameters by name. */
    Map<String, Variable> parameters() {
        return parameters;
    }

    /** Weight of a layer, from 1. */
    Tensor weight(int layer) {
        return parameter("w" + layer).value();
    }

    int depth() {
        return depth;
    }

    /** Embeddings of rows x. */
    Variable embed(Variable x) {
        Variable z = x;
        for (int layer = 1; layer <= depth; layer++) {
            z = Linear.apply(z, parameter("w" + layer), parameters.get("b" + layer));
            if (rectified && layer < depth) {
                z = Relu.apply(z);
            }
        }
        return z;
    }

    private Variable parameter(String name) {
        @Nullable Variable parameter = parameters.get(name);
        if (parameter == null) {
            throw new IllegalArgumentException("expected one of " + parameters.keySet() + ", got " + name);
        }
        return parameter;
    }

    @Override
    public void close() {
        parameters.values().forEach(Variable::close);
    }
}
