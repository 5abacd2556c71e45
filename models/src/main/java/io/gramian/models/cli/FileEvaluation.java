package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipe;
import io.gramian.models.augment.Recipes;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import io.gramian.models.backbone.TorchvisionWeights;
import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.Subset;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.ssl.SslNetwork;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Evaluates a network that was imported: a safetensors file with torchvision's names, and no run. */
final class FileEvaluation {
    /** What the published weights of networks for photographs were trained with. */
    private static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);

    private static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

    private final Device device;
    private final PrintWriter out;
    private final EvaluationPlan plan;

    /**
     * On which images.
     *
     * @param data name of the data set
     * @param folder of its files, or null for the usual places
     * @param size side of the images in pixels; 0 for that of the data set
     * @param limit training images to use; 0 for all
     */
    record Images(String data, @Nullable Path folder, int size, int limit) {}

    FileEvaluation(Device device, PrintWriter out, EvaluationPlan plan) {
        this.device = device;
        this.out = out;
        this.plan = plan;
    }

    /** Evaluates; writes the numbers as JSON unless the page is null. */
    void run(Path weights, Images images, @Nullable Path json) {
        DatasetSpec spec;
        try {
            spec = DatasetSpec.parse(images.data(), images.folder());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
        // the weights are read once before images are fetched: a file that does not fit is said at once
        TorchvisionWeights.Architecture architecture = TorchvisionWeights.architecture(weights);
        network(architecture, weights, true).close();
        if (json != null) {
            AtomicFile.check(json);
        }
        Evaluation evaluation;
        try (ImageDataset test = spec.test();
                ImageDataset train = Subset.first(spec.train(), images.limit())) {
            int channels = architecture.settings().channels();
            if (train.channels() != channels) {
                throw new ConfigException(
                        "data: expected images of " + channels + (channels == 1 ? " channel" : " channels") + ", as "
                                + weights + " wants them, got " + train.channels() + " in " + images.data());
            }
            if (test.classes() < 2 || train.classes() < 2) {
                throw new ConfigException(
                        "data: expected images with labels of at least two classes, got " + images.data() + " without");
            }
            Augmentation view = view(spec, architecture.settings().stem(), images.size());
            evaluation = new FeatureEvaluation(device, out, plan, new FeatureEvaluation.Views(view, 1))
                    .run(
                            train,
                            test,
                            (trained, same) -> new SslNetwork(network(architecture, weights, trained), null),
                            kept -> {});
        }
        if (json != null) {
            AtomicFile.writeString(json, evaluation.toJson());
            out.println("wrote " + json);
        }
        out.flush();
    }

    private static Augmentation view(DatasetSpec spec, Stem stem, int size) {
        Recipe plain = Recipes.evaluation(size > 0 ? size : spec.viewSize());
        boolean photographs = stem == Stem.IMAGENET && spec.mean().size() == IMAGENET_MEAN.size();
        return (photographs ? plain.withStatistics(IMAGENET_MEAN, IMAGENET_STD) : spec.normalised(plain))
                .forViews(1)
                .get(0);
    }

    private ResNet network(TorchvisionWeights.Architecture architecture, Path weights, boolean trained) {
        ResNet network = architecture.network(device, 0);
        if (trained) {
            try {
                TorchvisionWeights.read(weights, network);
            } catch (RuntimeException failure) {
                network.close();
                throw failure;
            }
        }
        return network;
    }
}
