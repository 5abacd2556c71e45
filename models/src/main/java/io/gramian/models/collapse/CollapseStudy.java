package io.gramian.models.collapse;

import io.gramian.Device;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.eval.Evaluation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs every experiment, one after the other. */
public final class CollapseStudy {
    private final Device device;
    private final ToySettings toy;
    private final ImageSettings image;
    private final Consumer<String> progress;
    private final Map<String, Double> seconds = new LinkedHashMap<>();

    /**
     * A study.
     *
     * @param progress hears one line after each experiment
     */
    public CollapseStudy(Device device, ToySettings toy, ImageSettings image, Consumer<String> progress) {
        this.device = device;
        this.toy = toy;
        this.image = image;
        this.progress = progress;
    }

    /**
     * Runs it.
     *
     * @param data the images, opened before anything else; null to leave the experiment on images out
     * @throws io.gramian.GramianException if images are missing
     */
    public CollapseResults run(@Nullable DatasetSpec data) {
        if (data == null) {
            return gaussian(null);
        }
        try (ImageExperiment images = new ImageExperiment(device, image, data)) {
            return gaussian(images);
        }
    }

    private CollapseResults gaussian(@Nullable ImageExperiment images) {
        ToyExperiments experiments = new ToyExperiments(device, toy);
        List<List<double[]>> flow = timed("strong augmentation, the paper's loss", experiments::augmentationFlow);
        List<ToyHistory> code = timed(
                "strong augmentation, the authors' code",
                () -> each(ToyExperiments.DEVIATIONS, experiments::augmentationCode));
        ToyHistory two = timed("two linear layers", experiments::twoLayers);
        ToyHistory unequal = timed("two linear layers, unequal variances", experiments::twoLayersUnequal);
        List<ToyHistory> linear = timed(
                "one to four layers", () -> each(ToyExperiments.DEPTHS, depth -> experiments.depths(depth, false)));
        List<ToyHistory> rectified = timed(
                "one to four layers with ReLU",
                () -> each(ToyExperiments.DEPTHS, depth -> experiments.depths(depth, true)));
        CollapseResults.Images onImages = images == null ? null : images(images);
        return new CollapseResults(
                toy, experiments.measuredSteps(), flow, code, two, unequal, linear, rectified, onImages, seconds);
    }

    private CollapseResults.Images images(ImageExperiment images) {
        Evaluation.Row untrained = timed("untrained network on " + images.data(), images::untrained);
        List<ImageRun> runs = new ArrayList<>();
        for (Variant variant : Variant.values()) {
            runs.add(timed(variant.title() + " on " + images.data(), () -> images.run(variant)));
        }
        return new CollapseResults.Images(images.data(), image, untrained, runs);
    }

    private static <S> List<ToyHistory> each(List<S> choices, java.util.function.Function<S, ToyHistory> experiment) {
        return choices.stream().map(experiment).toList();
    }

    private <T> T timed(String name, Supplier<T> experiment) {
        long start = System.nanoTime();
        T result = experiment.get();
        double taken = (System.nanoTime() - start) / 1e9;
        seconds.put(name, taken);
        progress.accept(String.format(Locale.ROOT, "%6.1f s  %s", taken, name));
        return result;
    }
}
