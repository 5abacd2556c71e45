package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.Subset;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.eval.FeatureExtractor;
import io.gramian.models.report.RunArtifacts;
import io.gramian.models.report.RunImages;
import io.gramian.models.ssl.SslNetwork;
import io.gramian.models.train.Checkpoint;
import io.gramian.models.train.Loading;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Evaluates a trained network beside its untrained self and the raw pixels, and writes what the report shows. */
final class RunEvaluation {
    private static final int BATCH = 500;
    /** Test embeddings and images that are kept. */
    private static final int KEPT = 10_000;
    /** Training images whose augmented views are shown. */
    private static final int AUGMENTED = 6;

    private final TrainConfig config;
    private final DatasetSpec data;
    private final RunFolder folder;
    private final PrintWriter out;
    private final Device device;
    private final FeatureExtractor extractor;

    RunEvaluation(TrainConfig config, DatasetSpec data, RunFolder folder, PrintWriter out, Device device) {
        this.device = device;
        this.extractor = new FeatureExtractor(device, BATCH);
        this.config = config;
        this.data = data;
        this.folder = folder;
        this.out = out;
    }

    /** Evaluates the network of the run folder; writes evaluation, embeddings and images. */
    void run() {
        try (ImageDataset test = data.test();
                ImageDataset train = Subset.first(data.train(), config.limit())) {
            images(train, test);
            if (test.classes() < 2 || train.classes() < 2) {
                out.println("the images have no labels, so there is nothing to evaluate against");
                embeddings(test);
                return;
            }
            Evaluation.Settings settings = new Evaluation.Settings(
                    config.settings().small("evaluation.knn_k"),
                    config.settings().number("evaluation.knn_temperature"));
            List<Evaluation.Row> rows = new ArrayList<>();
            out.printf(Locale.ROOT, "%-12s %9s %8s %8s%n", "features", "dimension", "kNN", "linear");
            for (String features : List.of(Evaluation.TRAINED, Evaluation.UNTRAINED, Evaluation.PIXELS)) {
                rows.add(row(features, train, test, settings));
            }
            RunArtifacts.writeEvaluation(folder.path(), new Evaluation(settings, rows));
        }
    }

    private Evaluation.Row row(String features, ImageDataset train, ImageDataset test, Evaluation.Settings settings) {
        try (Scope scope = Scope.open()) {
            Evaluation.Labelled trainFeatures;
            Evaluation.Labelled testFeatures;
            if (features.equals(Evaluation.PIXELS)) {
                int size = Loading.size(config, data);
                trainFeatures = extractor.pixels(train, size);
                testFeatures = extractor.pixels(test, size);
            } else {
                try (SslNetwork network = network(features.equals(Evaluation.TRAINED), train.channels())) {
                    Augmentation view = Loading.plain(config, data);
                    trainFeatures = extractor.cells(network.backbone(), grid(), train, view);
                    testFeatures = extractor.cells(network.backbone(), grid(), test, view);
                }
            }
            if (features.equals(Evaluation.TRAINED)) {
                keep(testFeatures);
            }
            int classes = Math.max(train.classes(), test.classes());
            Evaluation.Row row = Evaluation.row(features, trainFeatures, testFeatures, classes, settings);
            out.printf(
                    Locale.ROOT,
                    "%-12s %9d %7.2f%% %7.2f%%%n",
                    features,
                    row.dimension(),
                    100 * row.knn(),
                    100 * row.linear());
            out.flush();
            return row;
        }
    }

    /** The network of the run: its exported model, or its last checkpoint; or as it was before training. */
    private SslNetwork network(boolean trained, int channels) {
        SslNetwork network = SslNetwork.of(device, config.settings(), channels, Loading.size(config, data));
        if (trained) {
            Path weights = Files.exists(folder.model()) ? folder.model() : folder.checkpoint();
            try {
                Checkpoint.loadWeights(weights, network.weights());
            } catch (RuntimeException failure) {
                network.close();
                throw failure;
            }
        }
        return network;
    }

    private void embeddings(ImageDataset test) {
        try (Scope scope = Scope.open();
                SslNetwork network = network(true, test.channels())) {
            keep(extractor.cells(network.backbone(), grid(), test, Loading.plain(config, data)));
        }
    }

    private int grid() {
        return config.settings().small("evaluation.grid");
    }

    private void keep(Evaluation.Labelled test) {
        int n = (int) Math.min(KEPT, test.features().shape().size(0));
        try (Tensor first = test.features().rows(0, n)) {
            RunArtifacts.writeEmbeddings(folder.path(), first, Arrays.copyOf(test.labels(), n));
        }
    }

    private void images(ImageDataset train, ImageDataset test) {
        RunImages.writeTests(folder.path(), test, KEPT, Loading.size(config, data));
        int[] shown = IntStream.range(0, Math.min(AUGMENTED, train.size())).toArray();
        RunImages.writeAugmented(
                folder.path(), train, Loading.augmentation(config, data), config.views(), shown, config.seed());
    }
}
