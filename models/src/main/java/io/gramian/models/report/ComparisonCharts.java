package io.gramian.models.report;

import io.gramian.models.eval.Evaluation;
import io.gramian.spectrum.Spectrum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Charts with one line a run, always in the same colour. */
final class ComparisonCharts {
    /** Below this share of the largest singular value there is only rounding of float32. */
    private static final double FLOOR = 1e-7;
    /** Colours there are; beyond, lines are dashed. */
    private static final int COLOURS = 10;
    /** Points of a line in the background. */
    private static final int BACKGROUND = 40;

    private final Comparison comparison;

    ComparisonCharts(Comparison comparison) {
        this.comparison = comparison;
    }

    /** Colour of a run. */
    static String colour(int run) {
        return Palette.of(run);
    }

    /** Whether the line of a run is dashed, since its colour was taken before. */
    static boolean dashed(int run) {
        return run / COLOURS % 2 == 1;
    }

    /** Whether the losses are of one kind, so that their values can be compared. */
    boolean oneLoss() {
        return comparison.runs().stream()
                        .map(run -> run.setting("method"))
                        .distinct()
                        .count()
                == 1;
    }

    /** Smoothed losses over the share of the run: as they are if they are of one kind, otherwise from 1 (largest) to 0 (least). */
    LineChart loss() {
        LineChart chart = new LineChart(
                        "Loss", "step", oneLoss() ? "loss" : "loss, from the largest (1) to the least (0)", false)
                .withoutLegend();
        for (int i = 0; i < comparison.runs().size(); i++) {
            List<RunMetrics.Step> steps = comparison.runs().get(i).metrics().steps();
            double[][] points = Charts.thin(
                    steps.stream().mapToDouble(RunMetrics.Step::step).toArray(),
                    steps.stream().mapToDouble(RunMetrics.Step::loss).toArray());
            if (points[1].length > 0) {
                double[] smooth = Charts.smooth(points[1]);
                chart.line(line(i, points[0], oneLoss() ? smooth : scaled(smooth)));
            }
        }
        return chart;
    }

    private static double[] scaled(double[] values) {
        double least = Arrays.stream(values).min().orElse(0);
        double way = Arrays.stream(values).max().orElse(0) - least;
        return Arrays.stream(values).map(v -> way > 0 ? (v - least) / way : 0).toArray();
    }

    /** RankMe of the embeddings of the probe batch over the steps. */
    LineChart rank() {
        LineChart chart = new LineChart("RankMe", "step", "RankMe of the embedding", false)
                .withoutLegend()
                .fromZero();
        for (int i = 0; i < comparison.runs().size(); i++) {
            List<RunMetrics.SpectrumAt> spectra =
                    comparison.runs().get(i).metrics().spectra();
            chart.line(line(
                    i,
                    spectra.stream().mapToDouble(RunMetrics.SpectrumAt::step).toArray(),
                    spectra.stream().mapToDouble(RunMetrics.SpectrumAt::rankMe).toArray()));
        }
        return chart;
    }

    /** Singular values of the features, as shares of the largest. */
    LineChart features() {
        return spectra("Features", ComparisonCharts::ofFeatures);
    }

    /** Singular values of the embeddings of the probe batch at the end, as shares of the largest. */
    LineChart embeddings() {
        return spectra("Embeddings", ComparisonCharts::ofEmbedding);
    }

    private LineChart spectra(String title, Function<ComparedRun, Optional<double[]>> values) {
        LineChart chart = spectrumChart(title);
        for (int i = 0; i < comparison.runs().size(); i++) {
            Optional<double[]> own = values.apply(comparison.runs().get(i));
            if (own.isPresent()) {
                chart.line(line(i, indices(own.get().length), own.get()));
            }
        }
        return chart;
    }

    /** One chart a run: its spectrum of the features (or, without, the embeddings) before those of all others. */
    List<String> each() {
        boolean evaluated =
                comparison.runs().stream().anyMatch(run -> ofFeatures(run).isPresent());
        Function<ComparedRun, Optional<double[]>> values =
                evaluated ? ComparisonCharts::ofFeatures : ComparisonCharts::ofEmbedding;
        List<Optional<double[]>> all = comparison.runs().stream().map(values).toList();
        List<String> charts = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            LineChart chart = spectrumChart(comparison.labels().get(i));
            for (int other = 0; other < all.size(); other++) {
                if (other != i && all.get(other).isPresent()) {
                    double[] y = all.get(other).get();
                    double[] x = few(y.length);
                    chart.line(new LineChart.Line("", "var(--hair)", x, at(y, x), true, false));
                }
            }
            if (all.get(i).isPresent()) {
                double[] y = all.get(i).get();
                String name = comparison.labels().get(i);
                chart.line(new LineChart.Line(name, colour(i), indices(y.length), y, false, false));
            }
            charts.add(chart.hoverPoints(12).svg(""));
        }
        return charts;
    }

    private static LineChart spectrumChart(String title) {
        return new LineChart(title, "index k", "singular value / largest (log scale)", true).withoutLegend();
    }

    private LineChart.Line line(int run, double[] x, double[] y) {
        return new LineChart.Line(comparison.labels().get(run), colour(run), x, y, false, dashed(run));
    }

    private static Optional<double[]> ofFeatures(ComparedRun run) {
        return run.row(Evaluation.TRAINED)
                .flatMap(Evaluation.Row::spectrum)
                .map(Spectrum::singularValues)
                .flatMap(ComparisonCharts::shares);
    }

    private static Optional<double[]> ofEmbedding(ComparedRun run) {
        return run.embedding().map(RunMetrics.SpectrumAt::singularValues).flatMap(ComparisonCharts::shares);
    }

    private static Optional<double[]> shares(double[] values) {
        double largest = Arrays.stream(values).max().orElse(0);
        if (!(largest > 0 && largest < Double.POSITIVE_INFINITY)) {
            return Optional.empty();
        }
        return Optional.of(Arrays.stream(values)
                .map(value -> Math.max(FLOOR, value / largest))
                .toArray());
    }

    /** Some of the indices, closer at the beginning: what is in the background needs no more, and pages stay small. */
    private static double[] few(int count) {
        return IntStream.range(0, BACKGROUND)
                .mapToDouble(i -> 1 + Math.floor((count - 1) * Math.pow(i / (BACKGROUND - 1.0), 2)))
                .distinct()
                .toArray();
    }

    private static double[] at(double[] values, double[] indices) {
        return Arrays.stream(indices).map(k -> values[(int) k - 1]).toArray();
    }

    private static double[] indices(int count) {
        return IntStream.rangeClosed(1, count).mapToDouble(k -> k).toArray();
    }
}
