package io.gramian.models.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.spectrum.Spectrum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * kNN and linear probe of several feature sets of the same images: trained network, untrained network, raw pixels.
 *
 * @param settings how the neighbours vote
 * @param rows one entry a feature set
 */
public record Evaluation(Settings settings, List<Row> rows) {
    /** Features of the trained backbone. */
    public static final String TRAINED = "trained";
    /** Features of the same backbone before training. */
    public static final String UNTRAINED = "untrained";
    /** The images themselves. */
    public static final String PIXELS = "pixels";

    /** Name of the accuracy of one vote for each of the Euclidean nearest neighbours. */
    public static final String KNN_EUCLIDEAN = "knn_euclidean";
    /** Name of the accuracy of the stochastic linear probe. */
    public static final String LINEAR_SGD = "linear_sgd";
    /** Beginning of the name of the accuracy with few labels; their share follows, as in {@code few_0.01}. */
    public static final String FEW = "few_";
    /** Name of the accuracy of the fine-tuned network. */
    public static final String FINE_TUNED = "fine_tuned";

    private static final int SPECTRUM_ROWS = 25_600;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Copies the list. */
    public Evaluation {
        rows = List.copyOf(rows);
    }

    /**
     * Settings of the weighted cosine kNN.
     *
     * @param k neighbours, at least 1
     * @param temperature of the votes {@code exp(s / temperature)}, above 0
     */
    public record Settings(int k, double temperature) {
        /** Checks the ranges. */
        public Settings {
            Check.atLeast("k", k, 1);
            Check.positive("temperature", temperature);
        }

        /** k 20, T 0.07: solo-learn's cosine setting. */
        public static Settings defaults() {
            return new Settings(20, 0.07);
        }
    }

    /**
     * One feature set.
     *
     * @param features what they are: {@link #TRAINED}, {@link #UNTRAINED}, {@link #PIXELS} or another word
     * @param dimension numbers an image
     * @param knn accuracy of the neighbours on the test images, in [0, 1]
     * @param linear accuracy of the linear probe on the test images, in [0, 1]
     * @param knnSeconds time of the neighbours
     * @param linearSeconds time of the probe
     * @param more further accuracies in [0, 1] by name, in the order they were measured in: {@link #KNN_EUCLIDEAN},
     *     {@link #LINEAR_SGD}, {@link #FEW} with a share behind it, {@link #FINE_TUNED} or another word
     * @param singularValues of the features of training images, as they are, largest first; empty if they were not taken
     */
    public record Row(
            String features,
            int dimension,
            double knn,
            double linear,
            double knnSeconds,
            double linearSeconds,
            Map<String, Double> more,
            List<Double> singularValues) {
        /** Copies the collections. */
        public Row {
            more = Collections.unmodifiableMap(new LinkedHashMap<>(more));
            singularValues = List.copyOf(singularValues);
            if (singularValues.stream().anyMatch(value -> value < 0)) {
                throw new IllegalArgumentException("singular values: expected at least 0, got " + singularValues);
            }
        }

        /** kNN and linear probe alone. */
        public Row(String features, int dimension, double knn, double linear, double knnSeconds, double linearSeconds) {
            this(features, dimension, knn, linear, knnSeconds, linearSeconds, Map.of(), List.of());
        }

        /** The same with another accuracy. */
        public Row with(String name, double accuracy) {
            Map<String, Double> all = new LinkedHashMap<>(more);
            all.put(name, accuracy);
            return new Row(features, dimension, knn, linear, knnSeconds, linearSeconds, all, singularValues);
        }

        /** The spectrum of the features, if it was taken. */
        public Optional<Spectrum> spectrum() {
            return singularValues.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Spectrum.ofValues(singularValues.stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray()));
        }
    }

    /**
     * An image set as features.
     *
     * @param features (n, d), float32
     * @param labels their classes (n)
     */
    public record Labelled(Tensor features, int[] labels) {}

    /**
     * Evaluates one feature set.
     *
     * @param features its name
     * @param train training images; kNN searches them, the probe is fitted to them
     * @param test test images
     * @param classes number of classes
     * @throws IllegalArgumentException if shapes or labels do not fit
     * @throws io.gramian.GramianException if features are NaN or infinite
     */
    public static Row row(String features, Labelled train, Labelled test, int classes, Settings settings) {
        long start = System.nanoTime();
        double knn = KnnClassifier.cosine(settings.k(), settings.temperature())
                .accuracy(train.features(), train.labels(), test.features(), test.labels(), classes);
        long middle = System.nanoTime();
        double linear = LinearProbe.evaluate(train.features(), train.labels(), test.features(), test.labels(), classes)
                .accuracy();
        int dimension = Math.toIntExact(train.features().shape().size(1));
        double linearSeconds = (System.nanoTime() - middle) / 1e9;
        List<Double> values = singularValues(train.features());
        return new Row(features, dimension, knn, linear, (middle - start) / 1e9, linearSeconds, Map.of(), values);
    }

    /** Of the first {@value #SPECTRUM_ROWS} rows, as many as the RankMe paper takes. */
    private static List<Double> singularValues(Tensor features) {
        long n = Math.min(SPECTRUM_ROWS, features.shape().size(0));
        try (Tensor rows = features.rows(0, n)) {
            return Arrays.stream(Spectrum.of(rows).singularValues()).boxed().toList();
        }
    }

    /** The row of a feature set, if it was evaluated. */
    public Optional<Row> find(String features) {
        return rows.stream().filter(row -> row.features().equals(features)).findFirst();
    }

    /**
     * As JSON text: {@code {"knn_k": .., "knn_temperature": .., "rows": [{"features": .., "dimension": .., "knn": ..,
     * "linear": .., "knn_seconds": .., "linear_seconds": .., "more": {"few_0.01": .., ..}, "rankme": ..,
     * "effective_rank": .., "singular_values": [..]}]}}; the last three only where the spectrum was taken.
     */
    public String toJson() {
        ObjectNode root = JSON.createObjectNode();
        root.put("knn_k", settings.k()).put("knn_temperature", settings.temperature());
        ArrayNode list = root.putArray("rows");
        for (Row row : rows) {
            write(row, list.addObject());
        }
        return root.toPrettyString() + "\n";
    }

    private static void write(Row row, ObjectNode node) {
        node.put("features", row.features())
                .put("dimension", row.dimension())
                .put("knn", row.knn())
                .put("linear", row.linear())
                .put("knn_seconds", row.knnSeconds())
                .put("linear_seconds", row.linearSeconds());
        ObjectNode more = node.putObject("more");
        row.more().forEach(more::put);
        row.spectrum().ifPresent(spectrum -> {
            node.put("rankme", spectrum.rankMe()).put("effective_rank", spectrum.effectiveRank());
            ArrayNode values = node.putArray("singular_values");
            row.singularValues().forEach(values::add);
        });
    }

    private static Row read(JsonNode row) {
        Map<String, Double> more = new LinkedHashMap<>();
        row.path("more")
                .properties()
                .forEach(entry -> more.put(entry.getKey(), entry.getValue().asDouble(Double.NaN)));
        List<Double> values = new ArrayList<>();
        row.path("singular_values").forEach(value -> values.add(value.asDouble(Double.NaN)));
        return new Row(
                row.path("features").asText("?"),
                row.path("dimension").asInt(),
                row.path("knn").asDouble(Double.NaN),
                row.path("linear").asDouble(Double.NaN),
                row.path("knn_seconds").asDouble(Double.NaN),
                row.path("linear_seconds").asDouble(Double.NaN),
                more,
                values);
    }

    /**
     * Reads what {@link #toJson} wrote.
     *
     * @throws IllegalArgumentException if the text is not an evaluation
     */
    public static Evaluation fromJson(String text) {
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("evaluation: expected JSON, got " + e.getOriginalMessage(), e);
        }
        List<Row> rows = new ArrayList<>();
        for (JsonNode row : root.path("rows")) {
            rows.add(read(row));
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("evaluation: expected \"rows\" with at least one feature set, got none");
        }
        Settings fallback = Settings.defaults();
        return new Evaluation(
                new Settings(
                        root.path("knn_k").asInt(fallback.k()),
                        root.path("knn_temperature").asDouble(fallback.temperature())),
                rows);
    }
}
