package io.gramian.benchmarks.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.XavierInitializer;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.Pair;
import io.gramian.benchmarks.Inputs;
import io.gramian.benchmarks.StepStart;
import io.gramian.benchmarks.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** ResNet-18 with the CIFAR stem in DJL's blocks (NCHW), NT-Xent between the halves of the batch, SGD with momentum. */
public final class DjlResNet implements Workload {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final SequentialBlock network = new SequentialBlock();
    private final Optimizer optimizer = Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed(StepStart.RATE))
            .optMomentum(StepStart.MOMENTUM)
            .optWeightDecays(StepStart.DECAY)
            .build();
    private final List<NDArray> parameters = new ArrayList<>();
    private final NDArray images;

    /** A batch of images of this size, and weights as ours. */
    public DjlResNet(int batch, int size) {
        Shape shape = new Shape(batch, 3, size, size);
        images = manager.create(channelsFirst(StepStart.pixels(batch, size), size, size, 3), shape);
        network.add(convolution(64, 3, 1)).add(norm()).add(Activation.reluBlock());
        int before = 64;
        for (int stage = 0; stage < 4; stage++) {
            int filters = 64 << stage;
            network.add(residual(filters, stage == 0 ? 1 : 2, before != filters));
            network.add(residual(filters, 1, false));
            before = filters;
        }
        network.add(Pool.globalAvgPool2dBlock()).add(Blocks.batchFlattenBlock());
        network.setInitializer(new XavierInitializer(), Parameter.Type.WEIGHT);
        network.initialize(manager, DataType.FLOAT32, shape);
        for (Pair<String, Parameter> pair : network.getParameters()) {
            Parameter parameter = pair.getValue();
            if (parameter.requiresGradient()) {
                parameter.getArray().set(start(parameters.size(), parameter));
                parameters.add(parameter.getArray());
            }
            parameter.getArray().setRequiresGradient(parameter.requiresGradient());
        }
    }

    /** Start of a trained parameter: in the order of our network, which has the same layers in the same order. */
    private static float[] start(int index, Parameter parameter) {
        long[] shape = parameter.getArray().getShape().getShape();
        int first = Math.toIntExact(shape[0]);
        if (shape.length == 4) {
            float[] weights = StepStart.convolution(index, shape[0], shape[2], shape[3], shape[1]);
            return channelsFirst(weights, (int) shape[2], (int) shape[3], (int) shape[1]);
        }
        return parameter.getType() == Parameter.Type.BETA
                ? StepStart.offsets(index, first)
                : StepStart.factors(index, first);
    }

    /** From (n, h, w, c) to (n, c, h, w). */
    private static float[] channelsFirst(float[] from, int h, int w, int c) {
        float[] to = new float[from.length];
        for (int i = 0; i < from.length; i++) {
            int pixel = i / c % (h * w);
            to[(i / c / (h * w) * c + i % c) * h * w + pixel] = from[i];
        }
        return to;
    }

    /** From (n, c, h, w) to (n, h, w, c), for weights; others stay. */
    private static float[] channelsLast(NDArray array) {
        boolean convolution = array.getShape().dimension() == 4;
        return (convolution ? array.transpose(0, 2, 3, 1) : array).toFloatArray();
    }

    private static Block convolution(int filters, int size, int stride) {
        return Conv2d.builder()
                .setKernelShape(new Shape(size, size))
                .setFilters(filters)
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(size / 2, size / 2))
                .optBias(false)
                .build();
    }

    private static Block norm() {
        return BatchNorm.builder().build();
    }

    private static Block residual(int filters, int stride, boolean project) {
        SequentialBlock body = new SequentialBlock()
                .add(convolution(filters, 3, stride))
                .add(norm())
                .add(Activation.reluBlock())
                .add(convolution(filters, 3, 1))
                .add(norm());
        Block shortcut = project
                ? new SequentialBlock().add(convolution(filters, 1, stride)).add(norm())
                : Blocks.identityBlock();
        return new ParallelBlock(
                list -> new NDList(Activation.relu(
                        list.get(0).singletonOrThrow().add(list.get(1).singletonOrThrow()))),
                List.of(body, shortcut));
    }

    @Override
    public void run() {
        step();
    }

    private NDArray forwardAndBackward(ParameterStore store) {
        try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray features = network.forward(store, new NDList(images), true).singletonOrThrow();
            long half = features.getShape().get(0) / 2;
            NDArray first = features.get(":{}", half);
            NDArray second = features.get("{}:", half);
            NDArray loss = DjlLosses.ntXent(first, second, StepStart.TEMPERATURE);
            collector.backward(loss);
            return loss;
        }
    }

    private float step() {
        try (NDManager step = manager.newSubManager()) {
            images.tempAttach(step);
            NDArray loss = forwardAndBackward(new ParameterStore(manager, false));
            for (int i = 0; i < parameters.size(); i++) {
                try (NDArray gradient = parameters.get(i).getGradient()) {
                    optimizer.update(Integer.toString(i), parameters.get(i), gradient);
                }
            }
            return loss.getFloat();
        }
    }

    @Override
    public Map<String, float[]> results() {
        List<float[]> before = parameters.stream().map(DjlResNet::channelsLast).toList();
        Map<String, float[]> results = new LinkedHashMap<>();
        results.put("loss", new float[] {step()});
        for (int i = 0; i < before.size(); i++) {
            results.put("change of parameter " + i, Inputs.change(before.get(i), channelsLast(parameters.get(i))));
        }
        return results;
    }

    @Override
    public void close() {
        manager.close();
    }
}
