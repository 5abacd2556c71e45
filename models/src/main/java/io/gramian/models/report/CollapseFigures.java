package io.gramian.models.report;

import io.gramian.models.collapse.CollapseResults;
import io.gramian.models.collapse.ImageRun;
import io.gramian.models.collapse.ToyExperiments;
import io.gramian.models.collapse.ToyHistory;
import io.gramian.models.report.LineChart.Line;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The figures of the collapse study, each a list of panels with captions. */
final class CollapseFigures {
    private static final String BLUE = "var(--blue)";
    private static final String ORANGE = "var(--orange)";
    private static final String GREEN = "var(--green)";
    private static final String RED = "var(--red)";
    private static final String SOFT = "var(--soft)";
    /** Eigenvalues below this part of the largest are drawn there. */
    private static final double FLOOR = 1e-8;
    /** The same for singular values of weights over time, whose smallest now and then passes through 0. */
    private static final double WEIGHT_FLOOR = 1e-4;

    private static final int HOVER = 16;

    private final CollapseResults results;

    /** One picture with its caption. */
    record Panel(String caption, String svg) {}

    CollapseFigures(CollapseResults results) {
        this.results = results;
    }

    /** All figures by the name of their file. */
    Map<String, List<Panel>> all() {
        Map<String, List<Panel>> figures = new LinkedHashMap<>();
        figures.put("strong-augmentation", strongAugmentation());
        figures.put("two-layers", twoLayers());
        figures.put("alignment", alignment());
        figures.put("depth", depth());
        CollapseResults.Images images = results.images();
        if (images != null) {
            figures.put("images", images(images));
        }
        return figures;
    }

    /** Panels a row in the file of a figure. */
    static int columns(String figure) {
        return figure.equals("alignment") ? 3 : 2;
    }

    private List<Panel> strongAugmentation() {
        int strongest = results.flow().size() - 1;
        double k = ToyExperiments.VARIANCES.get(strongest);
        LineChart atTheEnd = spectrum("Singular values of W", "singular value of W");
        for (int i = 0; i < results.flow().size(); i++) {
            List<double[]> run = results.flow().get(i);
            String colour = Palette.sequence(i / (double) strongest);
            curve(atTheEnd, "k = " + Markup.value(ToyExperiments.VARIANCES.get(i)), colour, run.get(run.size() - 1));
        }
        double[] variances =
                ToyExperiments.VARIANCES.stream().mapToDouble(v -> v).toArray();
        double[] halves = new double[variances.length];
        Arrays.setAll(halves, results::augmentedHalf);
        double top = Arrays.stream(halves).max().orElse(1);
        LineChart threshold = new LineChart(
                        "Augmented half", "variance k of the augmentation", "mean singular value", false)
                .line(new Line("augmented directions", ORANGE, variances, halves, false, false))
                .line(new Line("theorem 1", SOFT, new double[] {1, 1}, new double[] {0, top}, false, true))
                .withPoints()
                .fromZero();
        LineChart code = spectrum("Singular values of W, authors' code", "singular value of W");
        for (int i = 0; i < results.code().size(); i++) {
            String colour = Palette.sequence(i / (results.code().size() - 1.0));
            String name = "deviation " + Markup.value(ToyExperiments.DEVIATIONS.get(i));
            curve(code, name, colour, results.code().get(i).finalWeight(1));
        }
        return List.of(
                new Panel(
                        "W over time, augmentation k = " + Markup.value(k),
                        overTime(
                                "singular value of W",
                                results.flowSteps(),
                                results.flow().get(strongest),
                                FLOOR,
                                true)),
                new Panel("W at the end, for each k", atTheEnd.legendInside().svg("")),
                new Panel("The threshold", threshold.svg("")),
                new Panel("The same by the authors' code", code.legendInside().svg("")));
    }

    private List<Panel> twoLayers() {
        ToyHistory two = results.twoLayers();
        ToyHistory unequal = results.unequal();
        LineChart aligned = new LineChart("Alignment", "step", "alignment of surviving directions", false)
                .line(alignment(two, "overlap", BLUE, false))
                .line(alignment(unequal, "overlap, unequal", GREEN, false))
                .line(alignment(unequal, "diagonal, unequal", ORANGE, true))
                .fromZero()
                .legendInside();
        return List.of(
                new Panel(
                        "W1 over time",
                        overTime(
                                "singular value of W1",
                                two.steps(),
                                two.weights().get(0),
                                WEIGHT_FLOOR,
                                false)),
                new Panel(
                        "W2 over time",
                        overTime(
                                "singular value of W2",
                                two.steps(),
                                two.weights().get(1),
                                WEIGHT_FLOOR,
                                false)),
                new Panel(
                        "Embedding over time",
                        overTime("eigenvalue of the covariance", two.steps(), two.embedding(), FLOOR, false)),
                new Panel("Alignment of V2 and U1 over time", aligned.svg("")));
    }

    private static Line alignment(ToyHistory history, String name, String colour, boolean diagonal) {
        int alive = ToyHistory.alive(history.finalEmbedding());
        double[] values = history.alignment().stream()
                .mapToDouble(a -> diagonal ? ToyHistory.diagonal(a, alive) : ToyHistory.overlap(a, alive))
                .toArray();
        return new Line(name, colour, steps(history.steps()), values, false, diagonal);
    }

    private List<Panel> alignment() {
        String across = "U1";
        String down = "V2";
        return List.of(
                new Panel(
                        "Before training",
                        Heatmap.svg(results.unequal().alignment().get(0), across, down)),
                new Panel(
                        "After, equal variances",
                        Heatmap.svg(results.twoLayers().finalAlignment(), across, down)),
                new Panel(
                        "After, unequal variances",
                        Heatmap.svg(results.unequal().finalAlignment(), across, down)));
    }

    private List<Panel> depth() {
        return List.of(
                new Panel("Linear layers", depths(results.linear())),
                new Panel("With a ReLU between layers", depths(results.rectified())));
    }

    private static String depths(List<ToyHistory> runs) {
        LineChart chart = spectrum("Embedding", "eigenvalue of the covariance");
        for (int i = 0; i < runs.size(); i++) {
            int depth = ToyExperiments.DEPTHS.get(i);
            String colour = Palette.sequence(i / (runs.size() - 1.0));
            curve(
                    chart,
                    depth == 1 ? "1 layer" : depth + " layers",
                    colour,
                    runs.get(i).finalEmbedding());
        }
        return chart.legendInside().svg("");
    }

    private List<Panel> images(CollapseResults.Images images) {
        List<String> colours = List.of(BLUE, GREEN, RED, ORANGE);
        LineChart representation = spectrum("Representation", "eigenvalue of the covariance");
        LineChart embedding = spectrum("What the loss sees", "eigenvalue of the covariance");
        LineChart rank = new LineChart("Effective rank", "step", "effective rank of the representation", false);
        List<Bars.Group> groups = new ArrayList<>();
        groups.add(new Bars.Group(
                "untrained",
                List.of(images.untrained().knn(), images.untrained().linear())));
        double least = Math.min(images.untrained().knn(), images.untrained().linear());
        for (int i = 0; i < images.runs().size(); i++) {
            ImageRun run = images.runs().get(i);
            String title = run.variant().title();
            curve(representation, title, colours.get(i), run.finalRepresentation());
            curve(embedding, title, colours.get(i), run.finalEmbedding());
            double[] ranks = run.representation().stream()
                    .mapToDouble(ImageRun::effectiveRank)
                    .toArray();
            rank.line(new Line(title, colours.get(i), steps(run.steps()), ranks, false, false));
            groups.add(new Bars.Group(title, List.of(run.knn(), run.linear())));
            least = Math.min(least, Math.min(run.knn(), run.linear()));
        }
        double from = Math.max(0, Math.floor(least * 20 - 1) / 20);
        return List.of(
                new Panel(
                        "Representation at the end",
                        representation.legendInside().svg("")),
                new Panel(
                        "What the loss sees, at the end",
                        embedding.legendInside().svg("")),
                new Panel(
                        "Effective rank over time",
                        rank.legendInside().fromZero().svg("")),
                new Panel(
                        "Accuracy on frozen representations",
                        Bars.svg("Accuracy", List.of("kNN", "linear probe"), List.of(SOFT, BLUE), groups, from)));
    }

    private static LineChart spectrum(String title, String yLabel) {
        return new LineChart(title, "index", yLabel + " (log scale)", true).hoverPoints(HOVER);
    }

    private static void curve(LineChart chart, String name, String colour, double[] values) {
        double[] x = new double[values.length];
        Arrays.setAll(x, i -> i + 1);
        chart.line(new Line(name, colour, x, floored(values), false, false));
    }

    /** One line for each value, from the largest (dark) to the smallest (bright), or in two halves. */
    private static String overTime(String yLabel, long[] steps, List<double[]> values, double floor, boolean halves) {
        LineChart chart = new LineChart(yLabel, "step", yLabel + " (log scale)", true).hoverPoints(HOVER);
        double[] x = steps(steps);
        int d = values.get(0).length;
        for (int k = 0; k < d; k++) {
            int at = k;
            double[] y = values.stream()
                    .mapToDouble(row -> Math.max(row[at], floor * row[0]))
                    .toArray();
            boolean upper = k < d - d / 2;
            boolean first = k == 0 || k == d - d / 2;
            String half = upper ? d - d / 2 + " largest" : d / 2 + " smallest";
            String name = halves ? (first ? half : "") : k == 0 ? "largest" : k == d - 1 ? "smallest" : "";
            chart.line(new Line(
                    name, halves ? (upper ? BLUE : ORANGE) : Palette.sequence(k / (d - 1.0)), x, y, false, false));
        }
        return chart.svg("");
    }

    private static double[] floored(double[] values) {
        return Arrays.stream(values)
                .map(value -> Math.max(value, FLOOR * values[0]))
                .toArray();
    }

    private static double[] steps(long[] steps) {
        return Arrays.stream(steps).asDoubleStream().toArray();
    }
}
