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
import io.gramian.benchmarks.Workload;
import java.util.List;

/** ResNet-18 with the CIFAR stem in DJL's blocks (NCHW), NT-Xent between the halves of the batch, SGD with momentum. */
public final class DjlResNet implements Workload {
    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final SequentialBlock network = new SequentialBlock();
    private final Optimizer optimizer = Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed(1e-3f))
            .optMomentum(0.9f)
            .optWeightDecays(1e-4f)
            .build();
    private final NDArray images;
    private final float temperature;

    /** Takes pixels (batch, 32, 32, 3) in any order: their values do not matter. */
    public DjlResNet(float[] pixels, int batch, float temperature) {
        this.temperature = temperature;
        Shape shape = new Shape(batch, 3, 32, 32);
        images = manager.create(pixels, shape);
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
            parameter.getArray().setRequiresGradient(parameter.requiresGradient());
        }
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
        ParameterStore store = new ParameterStore(manager, false);
        try (NDManager step = manager.newSubManager()) {
            images.tempAttach(step);
            try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
                NDArray features =
                        network.forward(store, new NDList(images), true).singletonOrThrow();
                long half = features.getShape().get(0) / 2;
                NDArray first = features.get(":{}", half);
                NDArray second = features.get("{}:", half);
                collector.backward(DjlLosses.ntXent(first, second, temperature));
            }
            for (Pair<String, Parameter> pair : network.getParameters()) {
                NDArray value = pair.getValue().getArray();
                if (value.hasGradient()) {
                    try (NDArray gradient = value.getGradient()) {
                        optimizer.update(pair.getValue().getId(), value, gradient);
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
