package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.config.Settings;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.Subset;
import io.gramian.models.eval.Evaluation;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Evaluates the network of a run folder, and writes what the report shows. */
final class RunEvaluation {
    /** Test embeddings and images that are kept. */
    private static final int KEPT = 10_000;
    /** Training images whose augmented views are shown. */
    private static final int AUGMENTED = 6;

    private final TrainConfig config;
    private final DatasetSpec data;
    private final RunFolder folder;
    private final PrintWriter out;
    private final Device device;
    private final EvaluationPlan plan;

    RunEvaluation(
            TrainConfig config,
            DatasetSpec data,
            RunFolder folder,
            PrintWriter out,
            Device device,
            EvaluationPlan plan) {
        this.device = device;
        this.config = config;
        this.data = data;
        this.folder = folder;
        this.out = out;
        this.plan = plan.with(new Evaluation.Settings(
                config.settings().small("evaluation.knn_k"), config.settings().number("evaluation.knn_temperature")));
    }

    /** Evaluates the network of the run folder; writes evaluation, embeddings and images. */
    void run() {
        run(List.of());
    }

    /** The same; baselines whose rows are known already are not evaluated again. */
    void run(List<Evaluation.Row> known) {
        FeatureEvaluation evaluation = evaluation();
        try (ImageDataset test = data.test();
                ImageDataset train = Subset.first(data.train(), config.limit())) {
            network(true, test.channels()).close(); // weights that do not fit are refused before anything is written
            images(train, test);
            if (test.classes() < 2 || train.classes() < 2) {
                out.println("the images have no labels, so there is nothing to evaluate against");
                try (Scope scope = Scope.open();
                        SslNetwork network = network(true, test.channels())) {
                    keep(evaluation.features(network.backbone(), test));
                }
                return;
            }
            List<String> names = List.of(Evaluation.TRAINED, Evaluation.UNTRAINED, Evaluation.PIXELS);
            FeatureEvaluation.Wanted wanted = new FeatureEvaluation.Wanted(names, known);
            RunArtifacts.writeEvaluation(folder.path(), evaluation.run(wanted, train, test, this::network, this::keep));
        }
    }

    /** Evaluates what a trained network is compared with, alone; no rows where the images have no labels. */
    List<Evaluation.Row> baselines(List<Evaluation.Row> known) {
        try (ImageDataset test = data.test();
                ImageDataset train = Subset.first(data.train(), config.limit())) {
            if (test.classes() < 2 || train.classes() < 2) {
                return List.of();
            }
            List<String> names = List.of(Evaluation.UNTRAINED, Evaluation.PIXELS);
            FeatureEvaluation.Wanted wanted = new FeatureEvaluation.Wanted(names, known);
            Evaluation found = evaluation().run(wanted, train, test, this::network, features -> {});
            RunArtifacts.writeEvaluation(folder.path(), found);
            return found.rows();
        }
    }

    private FeatureEvaluation evaluation() {
        FeatureEvaluation.Views views = new FeatureEvaluation.Views(
                Loading.plain(config, data), config.settings().small("evaluation.grid"));
        return new FeatureEvaluation(device, out, plan, views);
    }

    /** The network of the run: its exported model, or its last checkpoint; or as it was before training. */
    private SslNetwork network(boolean trained, int channels) {
        // the file that training started from need not be there any more
        Settings settings =
                trained ? config.settings().with(Map.of("network.init", ""), "evaluation") : config.settings();
        SslNetwork network = SslNetwork.of(device, settings, channels, Loading.size(config, data));
        if (trained) {
            Path weights = Files.exists(folder.model()) ? folder.model() : folder.checkpoint();
            try {
                Checkpoint.loadWeights(weights, config, network.weights());
            } catch (RuntimeException failure) {
                network.close();
                throw failure;
            }
        }
        return network;
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
