package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipe;
import io.gramian.models.augment.Recipes;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.Subset;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.eval.FeatureExtractor;
import io.gramian.spectrum.Spectrum;
import java.util.List;

/**
 * Section 6: contrastive learning with and without a projector, and DirectCLR, on real images. All trainings start from the same
 * weights and see the same batches of the same views; only the place of the loss differs.
 */
public final class ImageExperiment implements AutoCloseable {
    private static final int EVALUATION_BATCH = 500;
    private static final int PROBE = 1000;
    /** Labelled training images for each test image. */
    private static final int REFERENCE = 5;

    private final Device device;
    private final ImageSettings settings;
    private final ImageDataset train;
    private final ImageDataset test;
    /** Training images that the neighbours and the linear probe see. */
    private final ImageDataset reference;
    /** Test images whose spectra are taken on the way. */
    private final ImageDataset probe;

    private final List<Augmentation> views;
    private final Augmentation plain;
    private final FeatureExtractor extractor;

    /** Opens the images of a data set: before any work, so that a missing file is found at once. */
    public ImageExperiment(Device device, ImageSettings settings, DatasetSpec data) {
        this.device = device;
        this.settings = settings;
        this.train = Subset.first(data.train(), settings.trainImages());
        this.test = Subset.first(data.test(), settings.testImages());
        this.reference =
                Subset.first(data.train(), Math.min(settings.trainImages(), REFERENCE * settings.testImages()));
        this.probe = Subset.first(data.test(), Math.min(settings.testImages(), PROBE));
        if (train.size() < settings.batch()) {
            throw new GramianException("collapse: expected at least " + settings.batch() + " training images in "
                    + train.name() + ", got " + train.size());
        }
        int size = Math.min(data.viewSize(), 32);
        Recipe recipe = train.channels() == 1 ? Recipes.fashionMnist(size) : Recipes.simclr(size);
        this.views = data.normalised(recipe).forViews(2);
        this.plain = data.normalised(Recipes.evaluation(size)).forViews(1).get(0);
        this.extractor = new FeatureExtractor(device, EVALUATION_BATCH);
    }

    /** Name of the data. */
    public String data() {
        return train.name();
    }

    /** Trains one variant and measures it. */
    public ImageRun run(Variant variant) {
        try (VariantNetwork network = VariantNetwork.of(device, settings, train.channels(), variant)) {
            ImageTraining training = new ImageTraining(device, settings, network);
            training.run(train, views, () -> spectra(network));
            Evaluation.Row row = evaluate(network);
            return new ImageRun(
                    variant,
                    training.steps(),
                    training.representations(),
                    training.embeddings(),
                    training.losses(),
                    row.knn(),
                    row.linear());
        }
    }

    /** The same network before training: its representation, kNN and linear probe. */
    public Evaluation.Row untrained() {
        try (VariantNetwork network = VariantNetwork.of(device, settings, train.channels(), Variant.NO_PROJECTOR)) {
            return evaluate(network);
        }
    }

    private ImageTraining.Spectra spectra(VariantNetwork network) {
        try (Scope scope = Scope.open()) {
            Tensor features =
                    extractor.network(network.backbone(), probe, plain).features();
            return new ImageTraining.Spectra(
                    Spectrum.ofCovariance(features, true).squares(),
                    Spectrum.ofCovariance(network.embedded(features), true).squares());
        }
    }

    private Evaluation.Row evaluate(VariantNetwork network) {
        try (Scope scope = Scope.open()) {
            return Evaluation.row(
                    network.variant().title(),
                    extractor.network(network.backbone(), reference, plain),
                    extractor.network(network.backbone(), test, plain),
                    Math.max(2, Math.max(train.classes(), test.classes())),
                    Evaluation.Settings.defaults());
        }
    }

    @Override
    public void close() {
        train.close();
        test.close();
        reference.close();
        probe.close();
    }
}
