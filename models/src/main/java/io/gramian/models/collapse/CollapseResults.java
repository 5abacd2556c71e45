package io.gramian.models.collapse;

import io.gramian.models.eval.Evaluation;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that {@link CollapseStudy} measured.
 *
 * @param toy settings of the experiments on Gaussian points
 * @param flowSteps steps that {@code flow} measured
 * @param flow for each of {@link ToyExperiments#VARIANCES} singular values over time, on the paper's loss
 * @param code for each of {@link ToyExperiments#DEVIATIONS} a run of the authors' code
 * @param twoLayers two linear layers, as in the authors' code
 * @param unequal two linear layers on points of unequal variances
 * @param linear for each of {@link ToyExperiments#DEPTHS} linear layers
 * @param rectified the same with a ReLU between two layers
 * @param images the experiment on images; null if it was left out
 * @param seconds time of each experiment
 */
public record CollapseResults(
        ToySettings toy,
        long[] flowSteps,
        List<List<double[]>> flow,
        List<ToyHistory> code,
        ToyHistory twoLayers,
        ToyHistory unequal,
        List<ToyHistory> linear,
        List<ToyHistory> rectified,
        @Nullable Images images,
        Map<String, Double> seconds) {

    /**
     * The experiment on images.
     *
     * @param data name of the data
     * @param settings how it was trained
     * @param untrained evaluation of the backbone before training
     * @param runs one for each {@link Variant}
     */
    public record Images(String data, ImageSettings settings, Evaluation.Row untrained, List<ImageRun> runs) {
        /** The run of a variant. */
        public ImageRun run(Variant variant) {
            return runs.stream()
                    .filter(run -> run.variant() == variant)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("there is no run of " + variant));
        }
    }

    /** Mean singular value of the augmented half at the end, of the run with this index of {@link #flow}. */
    public double augmentedHalf(int index) {
        List<double[]> run = flow.get(index);
        double[] values = run.get(run.size() - 1);
        double sum = 0;
        for (int k = values.length - values.length / 2; k < values.length; k++) {
            sum += values[k];
        }
        return sum / (values.length / 2);
    }
}
