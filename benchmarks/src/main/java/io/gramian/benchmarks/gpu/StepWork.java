package io.gramian.benchmarks.gpu;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.function.Rows;
import io.gramian.autograd.optim.Sgd;
import io.gramian.backend.ImageView;
import io.gramian.loss.NtXent;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipes;
import io.gramian.models.augment.ViewDraw;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A training step of ResNet-18 on images of CIFAR's size, from bytes to weights: two views of each image made on the device
 * (crop, flip, jitter, grey), forward, NT-Xent, backward, SGD with momentum. A thousand random images stand for the data set.
 */
final class StepWork implements GpuWork {
    private static final int IMAGES = 1024;
    private static final float RATE = 1e-3f;

    private final Device device;
    private final int batch;
    private final int size;
    private final Augmentation augmentation;
    private final float[] mean = new float[3];
    private final float[] std = new float[3];
    private final Tensor pixels;
    private final Tensor views;
    private final ResNet network;
    private final Sgd sgd;
    private int step;

    /** A step with as many images in both views together. */
    StepWork(Device device, int images, int size) {
        this.device = device;
        this.batch = images / 2;
        this.size = size;
        this.augmentation = Recipes.simclr(size)
                .withStatistics(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616))
                .forViews(2)
                .get(0);
        for (int c = 0; c < 3; c++) {
            mean[c] = augmentation.mean().get(c).floatValue();
            std[c] = augmentation.std().get(c).floatValue();
        }
        byte[] bytes = new byte[IMAGES * size * size * 3];
        new Random(1).nextBytes(bytes);
        this.pixels = Tensor.ofBytes(device, bytes, bytes.length);
        this.views = Tensor.empty(device, images, size, size, 3);
        this.network = ResNet.resNet18(device, Stem.CIFAR, 64, 3, 1);
        this.sgd = new Sgd(network.parameters(), new Sgd.Settings(0.9, 1e-4, false));
        network.training(true);
    }

    private void render() {
        List<ImageView> draws = new ArrayList<>(2 * batch);
        long stride = 3L * size * size;
        for (int view = 0; view < 2; view++) {
            for (int i = 0; i < batch; i++) {
                int image = (step * batch + i) % IMAGES;
                draws.add(ViewDraw.draw(
                        augmentation, pixels.address() + image * stride, size, size, 1, step, image, view));
            }
        }
        device.backend()
                .images()
                .augment(
                        draws,
                        DType.UINT8,
                        augmentation.crop().resampling(),
                        augmentation.crop().antialias(),
                        mean,
                        std,
                        views);
    }

    @Override
    public void run() {
        render();
        step++;
        try (Scope scope = Scope.open()) {
            sgd.zeroGrad();
            Variable features = network.forward(Variable.constant(views));
            Variable first = Rows.apply(features, 0, batch);
            Variable second = Rows.apply(features, batch, 2L * batch);
            EmbeddingLoss.apply(new NtXent(PairWork.TEMPERATURE), List.of(first, second))
                    .backward();
            sgd.step(RATE);
        }
    }

    @Override
    public void await() {
        network.parameters().values().iterator().next().value().rows(0, 1).toFloats();
    }

    /** The number of parameters: two networks with the same one do the same work, though their weights differ. */
    @Override
    public Map<String, float[]> exchange() {
        long count = network.parameters().values().stream()
                .mapToLong(parameter -> parameter.value().shape().elements())
                .sum();
        return Map.of("parameters", new float[] {count});
    }

    @Override
    public long extraBytes() {
        return -1;
    }

    @Override
    public void close() {
        sgd.close();
        network.close();
        views.close();
        pixels.close();
    }
}
