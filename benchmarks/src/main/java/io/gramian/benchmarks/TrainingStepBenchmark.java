package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.EmbeddingLoss;
import io.gramian.autograd.function.Rows;
import io.gramian.autograd.optim.Sgd;
import io.gramian.benchmarks.peer.DjlResNet;
import io.gramian.loss.NtXent;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A training step of ResNet-18 on images of CIFAR's size: forward, NT-Xent between the two halves of the batch, backward, SGD.
 * Both sides have the same layers, sizes and optimiser.
 */
@Warmup(iterations = 2, time = 1, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 1, timeUnit = TimeUnit.MILLISECONDS)
public class TrainingStepBenchmark extends SideBySide {
    private static final float TEMPERATURE = 0.5f;

    /** Images of both views by their height and width. */
    @Param("256x32")
    public String shape = "";

    /** Gramian, or DJL on PyTorch. */
    @Param({"gramian", "pytorch"})
    public String side = "";

    @Override
    protected String kernel() {
        return "step";
    }

    @Override
    protected String shape() {
        return shape;
    }

    @Override
    protected String side() {
        return side;
    }

    @Override
    protected Workload create(String who, int images, int size) {
        int batch = size == SMALL ? 8 : images; // the small run before the measurement
        Random random = new Random(1);
        float[] pixels = new float[batch * 32 * 32 * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return who.equals(OURS) ? new Ours(pixels, batch) : new DjlResNet(pixels, batch, TEMPERATURE);
    }

    private static final class Ours implements Workload {
        private final Tensor images;
        private final int batch;
        private final ResNet network = ResNet.resNet18(Device.cpu(), Stem.CIFAR, 64, 3, 1);
        private final Sgd sgd = new Sgd(network.parameters(), new Sgd.Settings(0.9, 1e-4, false));

        Ours(float[] pixels, int batch) {
            this.batch = batch;
            this.images = Tensor.of(Device.cpu(), pixels, batch, 32, 32, 3);
            network.training(true);
        }

        @Override
        public void run() {
            try (Scope scope = Scope.open()) {
                sgd.zeroGrad();
                Variable features = network.forward(Variable.constant(images));
                Variable first = Rows.apply(features, 0, batch / 2);
                Variable second = Rows.apply(features, batch / 2, batch);
                EmbeddingLoss.apply(new NtXent(TEMPERATURE), List.of(first, second))
                        .backward();
                sgd.step(1e-3);
            }
        }

        @Override
        public void close() {
            sgd.close();
            images.close();
        }
    }
}
