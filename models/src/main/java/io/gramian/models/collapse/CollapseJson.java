package io.gramian.models.collapse;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/** The numbers of a study as JSON. Without times: the same settings give the same text. */
public final class CollapseJson {
    private static final ObjectMapper JSON = new ObjectMapper();

    private CollapseJson() {}

    /** As text; every array of singular values or eigenvalues is descending. */
    public static String of(CollapseResults results) {
        ObjectNode root = JSON.createObjectNode();
        root.put("source", "Jing et al., arXiv 2110.09348");
        ToySettings toy = results.toy();
        root.putObject("gaussian_points")
                .put("dimensions", toy.dimensions())
                .put("points", toy.points())
                .put("batch", toy.batch())
                .put("temperature", toy.temperature())
                .put("steps", toy.steps())
                .put("seed", toy.seed());
        flow(root.putObject("strong_augmentation"), results);
        ArrayNode code = root.putArray("strong_augmentation_authors_code");
        for (int i = 0; i < results.code().size(); i++) {
            ObjectNode run = code.addObject().put("deviation", ToyExperiments.DEVIATIONS.get(i));
            history(run, results.code().get(i));
        }
        history(root.putObject("two_layers"), results.twoLayers());
        history(root.putObject("two_layers_unequal_variances"), results.unequal());
        depths(root.putArray("depth_linear"), results.linear());
        depths(root.putArray("depth_relu"), results.rectified());
        if (results.images() != null) {
            images(root.putObject("images"), results.images());
        }
        return root.toPrettyString() + "\n";
    }

    private static void flow(ObjectNode node, CollapseResults results) {
        numbers(node.putArray("steps"), results.flowSteps());
        ArrayNode runs = node.putArray("runs");
        for (int i = 0; i < results.flow().size(); i++) {
            ObjectNode run = runs.addObject()
                    .put("variance", ToyExperiments.VARIANCES.get(i))
                    .put("augmented_half", results.augmentedHalf(i));
            matrix(run.putArray("singular_values"), results.flow().get(i));
        }
    }

    private static void depths(ArrayNode list, List<ToyHistory> runs) {
        for (int i = 0; i < runs.size(); i++) {
            history(list.addObject().put("depth", ToyExperiments.DEPTHS.get(i)), runs.get(i));
        }
    }

    private static void history(ObjectNode node, ToyHistory history) {
        numbers(node.putArray("steps"), history.steps());
        numbers(node.putArray("loss"), history.loss());
        for (int layer = 0; layer < history.weights().size(); layer++) {
            matrix(
                    node.putArray("singular_values_w" + (layer + 1)),
                    history.weights().get(layer));
        }
        matrix(node.putArray("embedding_covariance"), history.embedding());
        if (!history.alignment().isEmpty()) {
            int d = history.finalEmbedding().length;
            int alive = ToyHistory.alive(history.finalEmbedding());
            node.put("alive", alive);
            ArrayNode overlap = node.putArray("overlap_of_alive");
            ArrayNode diagonal = node.putArray("diagonal_of_alive");
            for (double[] alignment : history.alignment()) {
                overlap.add(rounded(ToyHistory.overlap(alignment, alive)));
                diagonal.add(rounded(ToyHistory.diagonal(alignment, alive)));
            }
            ArrayNode rows = node.putArray("final_alignment");
            for (int i = 0; i < d; i++) {
                ArrayNode row = rows.addArray();
                for (int j = 0; j < d; j++) {
                    row.add(rounded(history.finalAlignment()[i * d + j]));
                }
            }
        }
    }

    private static void images(ObjectNode node, CollapseResults.Images images) {
        ImageSettings settings = images.settings();
        node.put("data", images.data())
                .put("batch", settings.batch())
                .put("steps", settings.steps())
                .put("width", settings.width())
                .put("temperature", settings.temperature())
                .put("learning_rate", settings.learningRate())
                .put("direct_share", settings.directShare())
                .put("seed", settings.seed())
                .put("untrained_knn", images.untrained().knn())
                .put("untrained_linear", images.untrained().linear());
        ArrayNode runs = node.putArray("runs");
        for (ImageRun run : images.runs()) {
            ObjectNode entry = runs.addObject()
                    .put("variant", run.variant().title())
                    .put("knn", run.knn())
                    .put("linear", run.linear())
                    .put("representation_effective_rank", ImageRun.effectiveRank(run.finalRepresentation()))
                    .put("embedding_effective_rank", ImageRun.effectiveRank(run.finalEmbedding()));
            numbers(entry.putArray("steps"), run.steps());
            matrix(entry.putArray("representation_covariance"), run.representation());
            matrix(entry.putArray("embedding_covariance"), run.embedding());
            numbers(entry.putArray("loss"), run.losses());
        }
    }

    private static void matrix(ArrayNode list, List<double[]> rows) {
        rows.forEach(row -> numbers(list.addArray(), row));
    }

    private static void numbers(ArrayNode list, double[] values) {
        for (double value : values) {
            list.add(rounded(value));
        }
    }

    private static void numbers(ArrayNode list, long[] values) {
        for (long value : values) {
            list.add(value);
        }
    }

    /** Six significant digits: more than any figure shows, half the bytes. */
    private static double rounded(double value) {
        return Double.isFinite(value)
                ? new BigDecimal(value).round(new MathContext(6)).doubleValue()
                : value;
    }
}
