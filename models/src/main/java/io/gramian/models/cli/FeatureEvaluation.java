package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipes;
import io.gramian.models.backbone.Backbone;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.eval.FeatureExtractor;
import io.gramian.models.eval.FewLabels;
import io.gramian.models.eval.FineTuning;
import io.gramian.models.eval.KnnClassifier;
import io.gramian.models.eval.SgdProbe;
import io.gramian.models.ssl.SslNetwork;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Evaluates a network beside its untrained self and the raw pixels, and prints a table as it goes. */
final class FeatureEvaluation {
    private static final int BATCH = 500;

    private final Device device;
    private final PrintWriter out;
    private final EvaluationPlan plan;
    private final Views views;
    private final FeatureExtractor extractor;

    /**
     * How images are shown.
     *
     * @param plain to the network, nothing random
     * @param grid cells a side that features are averaged over
     */
    record Views(Augmentation plain, int grid) {
        /** For fine-tuning: mild crops and flips, with the same statistics. */
        Augmentation mild() {
            Augmentation crops = Recipes.fashionMnist(plain.size()).forViews(1).get(0);
            return plain.withCrop(crops.crop()).withFlip(crops.flip());
        }
    }

    /** Makes the network, trained or as it was before; the caller closes it. */
    interface Networks {
        SslNetwork of(boolean trained, int channels);
    }

    FeatureEvaluation(Device device, PrintWriter out, EvaluationPlan plan, Views views) {
        this.device = device;
        this.out = out;
        this.plan = plan;
        this.views = views;
        this.extractor = new FeatureExtractor(device, BATCH);
    }

    /**
     * Evaluates three feature sets.
     *
     * @param kept takes the features of the test images by the trained network
     */
    Evaluation run(ImageDataset train, ImageDataset test, Networks networks, Consumer<Evaluation.Labelled> kept) {
        List<String> names = List.of(Evaluation.TRAINED, Evaluation.UNTRAINED, Evaluation.PIXELS);
        return run(new Wanted(names, List.of()), train, test, networks, kept);
    }

    /**
     * What to evaluate.
     *
     * @param names of feature sets
     * @param known rows that are known already
     */
    record Wanted(List<String> names, List<Evaluation.Row> known) {}

    /** Evaluates some feature sets, but for those whose rows are known already. */
    Evaluation run(
            Wanted wanted,
            ImageDataset train,
            ImageDataset test,
            Networks networks,
            Consumer<Evaluation.Labelled> kept) {
        List<Evaluation.Row> rows = new ArrayList<>();
        out.printf(Locale.ROOT, "%-12s %9s %8s %8s %8s%n", "features", "dimension", "kNN", "linear", "RankMe");
        for (String name : wanted.names()) {
            rows.add(wanted.known().stream()
                    .filter(row -> row.features().equals(name))
                    .findFirst()
                    .orElseGet(() -> row(name, train, test, networks, kept)));
        }
        return new Evaluation(plan.neighbours(), rows);
    }

    private Evaluation.Row row(
            String name, ImageDataset train, ImageDataset test, Networks networks, Consumer<Evaluation.Labelled> kept) {
        if (!name.equals(Evaluation.PIXELS)) {
            try (SslNetwork network = networks.of(name.equals(Evaluation.TRAINED), train.channels())) {
                return of(name, network.backbone(), train, test, kept);
            }
        }
        try (Scope scope = Scope.open()) {
            int size = views.plain().size();
            return frozen(name, extractor.pixels(train, size), extractor.pixels(test, size), classes(train, test));
        }
    }

    /** Features of test images for those who have no labels. */
    Evaluation.Labelled features(Backbone backbone, ImageDataset images) {
        return extractor.cells(backbone, views.grid(), images, views.plain());
    }

    private Evaluation.Row of(
            String features,
            Backbone backbone,
            ImageDataset train,
            ImageDataset test,
            Consumer<Evaluation.Labelled> kept) {
        Evaluation.Row row;
        try (Scope scope = Scope.open()) {
            Evaluation.Labelled testFeatures = features(backbone, test);
            if (features.equals(Evaluation.TRAINED)) {
                kept.accept(testFeatures);
            }
            row = frozen(features, features(backbone, train), testFeatures, classes(train, test));
        }
        if (plan.fineTuneEpochs() > 0) {
            FineTuning.Settings settings = FineTuning.Settings.of(plan.fineTuneEpochs(), plan.seed());
            double accuracy = FineTuning.accuracy(device, backbone, train, test, views.mild(), views.plain(), settings);
            row = further(row, Evaluation.FINE_TUNED, accuracy);
        }
        return row;
    }

    private Evaluation.Row frozen(String features, Evaluation.Labelled train, Evaluation.Labelled test, int classes) {
        Evaluation.Row row = Evaluation.row(features, train, test, classes, plan.neighbours());
        out.printf(
                Locale.ROOT,
                "%-12s %9d %7.2f%% %7.2f%% %8.1f%n",
                features,
                row.dimension(),
                100 * row.knn(),
                100 * row.linear(),
                row.spectrum().orElseThrow().rankMe());
        out.flush();
        if (plan.euclidean() > 0) {
            double accuracy = KnnClassifier.euclidean(plan.euclidean())
                    .accuracy(train.features(), train.labels(), test.features(), test.labels(), classes);
            row = further(row, Evaluation.KNN_EUCLIDEAN, accuracy);
        }
        if (plan.sgdEpochs() > 0) {
            SgdProbe.Settings usual = SgdProbe.Settings.defaults();
            SgdProbe.Settings settings = new SgdProbe.Settings(
                    plan.sgdEpochs(), usual.batch(), usual.momentum(), usual.weightDecay(), plan.seed());
            SgdProbe.Result result = SgdProbe.evaluate(
                    train.features(), train.labels(), test.features(), test.labels(), classes, settings);
            row = further(row, Evaluation.LINEAR_SGD, result.accuracy());
        }
        for (double share : plan.few()) {
            double accuracy = FewLabels.accuracy(
                    train.features(), train.labels(), test.features(), test.labels(), classes, share, plan.seed());
            row = further(row, Evaluation.FEW + share, accuracy);
        }
        return row;
    }

    private Evaluation.Row further(Evaluation.Row row, String name, double accuracy) {
        out.printf(Locale.ROOT, "  %-20s %7.2f%%%n", name, 100 * accuracy);
        out.flush();
        return row.with(name, accuracy);
    }

    private static int classes(ImageDataset train, ImageDataset test) {
        return Math.max(train.classes(), test.classes());
    }
}
