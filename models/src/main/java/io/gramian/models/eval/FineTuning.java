package io.gramian.models.eval;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.autograd.nn.Linear;
import io.gramian.autograd.optim.Schedule;
import io.gramian.autograd.optim.Sgd;
import io.gramian.autograd.optim.WarmupCosine;
import io.gramian.backend.Check;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.ViewRenderer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Fine-tuning: the whole network and a linear head on its features are trained with labels, from the weights that the network has,
 * by SGD with momentum and a cosine to 0. The head starts at zero and learns faster than the rest, which is to keep what it knows.
 */
public final class FineTuning {
    private static final int AHEAD = 2;

    private FineTuning() {}

    /**
     * How it is trained.
     *
     * @param epochs passes over the training images, at least 1
     * @param batch images a step, at least 2; a smaller data set is one batch
     * @param learningRate peak rate of the network for batches of 256
     * @param headFactor what the head's rate is multiplied with
     * @param momentum in [0, 1)
     * @param weightDecay of every parameter
     * @param seed of shuffling and augmentation
     */
    public record Settings(
            int epochs,
            int batch,
            double learningRate,
            double headFactor,
            double momentum,
            double weightDecay,
            long seed) {
        /** Checks the ranges. */
        public Settings {
            Check.atLeast("epochs", epochs, 1);
            Check.atLeast("batch", batch, 2);
            Check.nonNegative("learningRate", learningRate);
            Check.nonNegative("headFactor", headFactor);
            Check.nonNegative("weightDecay", weightDecay);
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum: expected a number from 0 to below 1, got " + momentum);
            }
        }

        /** So many epochs of batches of 256 at rate 0.05, the head at ten times that, momentum 0.9, decay 1e-4. */
        public static Settings of(int epochs, long seed) {
            return new Settings(epochs, 256, 0.05, 10, 0.9, 1e-4, seed);
        }
    }

    /**
     * Trains on one set and counts right answers on another. The network is changed.
     *
     * @param training how training images are shown, drawn anew each epoch
     * @param plain how test images are shown: nothing random
     * @return share of test images that are classified rightly, in [0, 1]
     * @throws GramianException if the loss is no longer a number
     */
    public static double accuracy(
            Device device,
            Backbone backbone,
            ImageDataset train,
            ImageDataset test,
            Augmentation training,
            Augmentation plain,
            Settings settings) {
        int classes = Math.max(train.classes(), test.classes());
        Check.atLeast("training images", train.size(), 2);
        Check.atLeast("test images", test.size(), 1);
        try (Linear head = new Linear(
                device, backbone.features(), classes, true, Init.KAIMING_FAN_OUT, Generator.of(settings.seed()))) {
            head.parameters().values().forEach(parameter -> parameter.value().fill(0));
            boolean before = backbone.training();
            try {
                backbone.training(true);
                train(device, backbone, head, train, training, settings);
                backbone.training(false);
                return test(device, backbone, head, test, plain, settings.batch());
            } finally {
                backbone.training(before);
            }
        }
    }

    private static void train(
            Device device, Backbone backbone, Linear head, ImageDataset images, Augmentation view, Settings settings) {
        int size = Math.min(settings.batch(), images.size());
        long steps = Math.multiplyExact(BatchLoader.stepsPerEpoch(images, size), (long) settings.epochs());
        Schedule schedule = new WarmupCosine(settings.learningRate() * size / 256, 0, steps, 0);
        Sgd.Settings update = new Sgd.Settings(settings.momentum(), settings.weightDecay(), false);
        try (Sgd network = new Sgd(backbone.parameters(), update);
                Sgd classifier = new Sgd(head.parameters(), update);
                BatchLoader loader = new BatchLoader(
                        device, images, List.of(view), new BatchLoader.Settings(size, settings.seed(), 1, AHEAD), 0)) {
            for (long step = 0; step < steps; step++) {
                try (Scope scope = Scope.open();
                        Batch batch = loader.next()) {
                    Variable features =
                            backbone.forward(Variable.constant(batch.views().get(0)));
                    int[] labels =
                            IntStream.of(batch.indices()).map(images::label).toArray();
                    Variable loss = CrossEntropy.apply(head.forward(features), labels);
                    if (!Float.isFinite(loss.value().item())) {
                        throw new GramianException("fine-tuning: the loss of step " + (step + 1) + " is "
                                + loss.value().item() + "; the weights it started from are probably damaged");
                    }
                    loss.backward();
                    network.step(schedule.at(step));
                    classifier.step(settings.headFactor() * schedule.at(step));
                    network.zeroGrad();
                    classifier.zeroGrad();
                }
            }
        }
    }

    private static double test(
            Device device, Backbone backbone, Linear head, ImageDataset images, Augmentation view, int batch) {
        int right = 0;
        try (ViewRenderer renderer = new ViewRenderer(device, 0)) {
            for (int from = 0; from < images.size(); from += batch) {
                int[] indices = IntStream.range(from, Math.min(images.size(), from + batch))
                        .toArray();
                try (Scope scope = Scope.open()) {
                    Tensor shown = renderer.render(images, indices, view, 0, 0, 0);
                    float[] logits = Autograd.noGrad(() -> head.forward(backbone.forward(Variable.constant(shown))))
                            .value()
                            .toFloats();
                    right += right(logits, images, indices);
                }
            }
        }
        return (double) right / images.size();
    }

    private static int right(float[] logits, ImageDataset images, int[] indices) {
        int classes = logits.length / indices.length;
        int right = 0;
        for (int i = 0; i < indices.length; i++) {
            double[] row = new double[classes];
            for (int c = 0; c < classes; c++) {
                row[c] = logits[i * classes + c];
            }
            right += Labels.largest(row) == images.label(indices[i]) ? 1 : 0;
        }
        return right;
    }
}
