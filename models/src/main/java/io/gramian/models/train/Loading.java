package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipe;
import io.gramian.models.augment.Recipes;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.ssl.BackboneSettings;
import java.util.ArrayList;
import java.util.List;

/** Views and batches for a configuration. */
public final class Loading {
    /** Made ahead: enough to even out decoding, little enough for 2 GB of memory. */
    private static final int AHEAD = 4;

    private Loading() {}

    /** Side of the views, in pixels. */
    public static int size(TrainConfig config, DatasetSpec spec) {
        int asked = config.settings().small("augmentation.size");
        return asked > 0 ? asked : spec.viewSize();
    }

    /** How views are made for training, with the statistics of the data set. */
    public static Recipe augmentation(TrainConfig config, DatasetSpec spec) {
        return spec.normalised(AugmentationSettings.recipe(config.settings(), size(config, spec)));
    }

    /**
     * How each view of a training step is made: those of setting views, then the small ones of multi-crop.
     *
     * @throws io.gramian.models.config.ConfigException if the small ones do not fit
     */
    public static List<Augmentation> views(TrainConfig config, DatasetSpec spec) {
        Recipe recipe = augmentation(config, spec);
        List<Augmentation> all = new ArrayList<>(recipe.forViews(config.views()));
        List<Augmentation> small = AugmentationSettings.local(config.settings(), recipe, size(config, spec));
        small.forEach(view -> BackboneSettings.checkSizes(config.settings(), size(config, spec), view.size()));
        all.addAll(small);
        return all;
    }

    /** How images are shown to the trained network: nothing random, the same statistics. */
    public static Augmentation plain(TrainConfig config, DatasetSpec spec) {
        return spec.normalised(Recipes.evaluation(size(config, spec)))
                .forViews(1)
                .get(0);
    }

    /** Augmented batches from a step on. */
    static BatchLoader training(Device device, TrainConfig config, DatasetSpec spec, ImageDataset images, long step) {
        List<Augmentation> views = views(config, spec);
        BatchLoader.Settings settings = new BatchLoader.Settings(config.batch(), config.seed(), 1, AHEAD);
        return new BatchLoader(device, images, views, settings, step);
    }

    /** The same images, drawn by the seed and not augmented, every time. */
    static BatchLoader probe(Device device, TrainConfig config, DatasetSpec spec, ImageDataset images, int count) {
        List<Augmentation> plain = List.of(plain(config, spec));
        return new BatchLoader(device, images, plain, new BatchLoader.Settings(count, config.seed(), 1, 1), 0);
    }
}
