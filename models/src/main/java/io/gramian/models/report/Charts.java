package io.gramian.models.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The charts of a run: loss, learning rate, online probe, spectrum over time, effective rank. */
final class Charts {
    private static final int MOST_POINTS = 400;
    private static final int MOST_CURVES = 24;
    private static final double FLOOR = 1e-8;
    private static final String BLUE = "var(--blue)";
    private static final String ORANGE = "var(--orange)";

    private final RunMetrics metrics;
    /** Whether epochs are fractions that tell steps apart; otherwise steps are the horizontal axis. */
    private final boolean byEpoch;

    Charts(RunMetrics metrics) {
        this.metrics = metrics;
        boolean rising = true;
        for (int i = 0; i < metrics.steps().size() && rising; i++) {
            double epoch = metrics.steps().get(i).epoch();
            rising = Double.isFinite(epoch)
                    && (i == 0 || epoch > metrics.steps().get(i - 1).epoch());
        }
        double last = Double.NEGATIVE_INFINITY;
        for (RunMetrics.SpectrumAt spectrum : metrics.spectra()) {
            rising &= spectrum.epoch() > last;
            last = spectrum.epoch();
        }
        this.byEpoch = rising;
    }

    private String time() {
        return byEpoch ? "epoch" : "step";
    }

    LineChart loss() {
        double[] x = steps(true);
        double[] y = metrics.steps().stream().mapToDouble(RunMetrics.Step::loss).toArray();
        double[][] points = thin(x, y);
        LineChart chart = new LineChart("Loss", time(), "loss", false);
        if (points[0].length > 20) {
            chart.line(new LineChart.Line("each", BLUE, points[0], points[1], true, false));
            return chart.line(new LineChart.Line("loss, smoothed", BLUE, points[0], smooth(points[1]), false, false));
        }
        return chart.line(new LineChart.Line("loss", BLUE, points[0], points[1], false, false));
    }

    LineChart learningRate() {
        double[][] points = thin(
                steps(true),
                metrics.steps().stream().mapToDouble(RunMetrics.Step::lr).toArray());
        return new LineChart("Learning rate", time(), "learning rate", false)
                .line(new LineChart.Line("learning rate", ORANGE, points[0], points[1], false, false))
                .withoutLegend()
                .fromZero();
    }

    LineChart onlineProbe() {
        double[][] points = thin(
                metrics.online().stream().mapToDouble(RunMetrics.Online::step).toArray(),
                metrics.online().stream()
                        .mapToDouble(RunMetrics.Online::accuracy)
                        .toArray());
        return new LineChart("Online probe", "step", "accuracy", false)
                .line(new LineChart.Line("accuracy", BLUE, points[0], points[1], false, false))
                .withoutLegend()
                .fromZero();
    }

    LineChart effectiveRank() {
        double[] x = steps(false);
        List<RunMetrics.SpectrumAt> spectra = metrics.spectra();
        double[] rank = spectra.stream()
                .mapToDouble(RunMetrics.SpectrumAt::effectiveRank)
                .toArray();
        double[] rankMe =
                spectra.stream().mapToDouble(RunMetrics.SpectrumAt::rankMe).toArray();
        return new LineChart("Effective rank", time(), "dimensions", false)
                .line(new LineChart.Line("effective rank", BLUE, x, rank, false, false))
                .line(new LineChart.Line("RankMe", ORANGE, x, rankMe, false, true))
                .fromZero();
    }

    /** Curves from the first spectrum (dark) to the last (bright); with a bar that says which colour is when. */
    String spectrum() {
        LineChart chart =
                new LineChart("Singular values", "index k", "singular value (log scale)", true).withoutLegend();
        List<RunMetrics.SpectrumAt> usable = metrics.spectra().stream()
                .filter(s -> Arrays.stream(s.singularValues()).anyMatch(v -> Double.isFinite(v) && v > 0))
                .toList();
        double top = usable.stream()
                .flatMapToDouble(s -> Arrays.stream(s.singularValues()))
                .filter(Double::isFinite)
                .max()
                .orElse(0);
        int curves = Math.min(MOST_CURVES, usable.size());
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < curves; i++) {
            RunMetrics.SpectrumAt at =
                    usable.get(curves == 1 ? 0 : (int) ((long) i * (usable.size() - 1) / (curves - 1)));
            double when = byEpoch ? at.epoch() : at.step();
            times.add(when);
            double[] y = Arrays.stream(at.singularValues())
                    .map(s -> Math.max(s, top * FLOOR))
                    .toArray();
            double[] x = new double[y.length];
            Arrays.setAll(x, k -> k + 1);
            String colour = Palette.sequence(curves == 1 ? 0.5 : i / (curves - 1.0));
            boolean ends = i == 0 || i == curves - 1 || i == curves / 2;
            chart.line(new LineChart.Line(time() + " " + Markup.value(when), colour, x, y, !ends, false));
        }
        return chart.svg(times.size() < 2 ? "" : colourBar(times.get(0), times.get(times.size() - 1)));
    }

    private String colourBar(double first, double last) {
        Markup bar = new Markup();
        int cells = 24;
        double left = 350;
        double width = 100;
        for (int i = 0; i < cells; i++) {
            bar.raw("<rect y=\"7\" height=\"9\" " + Markup.attribute("x", left + width * i / cells)
                    + Markup.attribute("width", width / cells + 0.4) + "fill=\"" + Palette.sequence(i / (cells - 1.0))
                    + "\"/>");
        }
        bar.element(
                "text",
                "y=\"16\" text-anchor=\"end\" " + Markup.attribute("x", left - 6),
                time() + " " + Markup.value(first));
        bar.element("text", "y=\"16\" " + Markup.attribute("x", left + width + 6), Markup.value(last));
        return bar.toString();
    }

    private double[] steps(boolean ofSteps) {
        return ofSteps
                ? metrics.steps().stream()
                        .mapToDouble(s -> byEpoch ? s.epoch() : s.step())
                        .toArray()
                : metrics.spectra().stream()
                        .mapToDouble(s -> byEpoch ? s.epoch() : s.step())
                        .toArray();
    }

    /**
     * Means of neighbouring points, so that at most {@value #MOST_POINTS} are left; those that are not finite are
     * skipped.
     */
    static double[][] thin(double[] x, double[] y) {
        int[] finite =
                IntStream.range(0, x.length).filter(i -> Double.isFinite(y[i])).toArray();
        int count = Math.min(MOST_POINTS, finite.length);
        double[][] points = new double[2][count];
        for (int i = 0; i < count; i++) {
            int from = (int) ((long) finite.length * i / count);
            int to = (int) ((long) finite.length * (i + 1) / count);
            for (int k = from; k < to; k++) {
                points[0][i] += x[finite[k]] / (to - from);
                points[1][i] += y[finite[k]] / (to - from);
            }
        }
        return points;
    }

    /** Mean over about a tenth of the points around each, over fewer near the ends: no lag. */
    static double[] smooth(double[] y) {
        double[] before = new double[y.length + 1];
        for (int i = 0; i < y.length; i++) {
            before[i + 1] = before[i] + y[i];
        }
        double[] smooth = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            int reach = Math.min(y.length / 20, Math.min(i, y.length - 1 - i));
            smooth[i] = (before[i + reach + 1] - before[i - reach]) / (2 * reach + 1);
        }
        return smooth;
    }
}
