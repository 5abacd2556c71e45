package io.gramian.models.report;

import io.gramian.models.eval.Evaluation;
import io.gramian.spectrum.CollapseVerdict;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** The numbers to see first. */
final class HeadlineSection {
    private final RunData data;
    private final CollapseVerdict verdict;

    HeadlineSection(RunData data, CollapseVerdict verdict) {
        this.data = data;
        this.verdict = verdict;
    }

    void write(Markup page) {
        page.open("section", "id=\"headline\" class=\"tiles\"");
        accuracy(page, "kNN accuracy", Evaluation.Row::knn);
        accuracy(page, "Linear probe accuracy", Evaluation.Row::linear);
        boolean known = verdict.kind() != CollapseVerdict.Kind.UNKNOWN;
        tile(
                page,
                "Effective rank",
                known ? Markup.value(Math.rint(verdict.effectiveRank() * 10) / 10) : "unknown",
                known ? "of " + verdict.dimensions() + " dimensions" : "no spectrum");
        speed(page);
        page.close("section");
    }

    private void accuracy(Markup page, String name, ToDoubleFunction<Evaluation.Row> value) {
        Optional<Evaluation.Row> trained =
                Optional.ofNullable(data.evaluation()).flatMap(e -> e.find(Evaluation.TRAINED));
        if (trained.isEmpty()) {
            tile(page, name, "unknown", "not evaluated");
            return;
        }
        double own = value.applyAsDouble(trained.get());
        OptionalDouble baseline =
                Optional.ofNullable(data.evaluation()).map(Evaluation::rows).orElse(List.of()).stream()
                        .filter(row -> !row.features().equals(Evaluation.TRAINED))
                        .mapToDouble(value)
                        .filter(Double::isFinite)
                        .max();
        String beside = baseline.isEmpty() || !Double.isFinite(own)
                ? "no baseline"
                : String.format(
                                Locale.ROOT,
                                "%+.1f points against the better baseline",
                                (own - baseline.getAsDouble()) * 100)
                        .replace('-', '\u2212');
        tile(page, name, Markup.percent(own), beside);
    }

    private void speed(Markup page) {
        RunArtifacts.Summary summary = data.summary();
        double waited = data.metrics().steps().stream()
                .mapToDouble(RunMetrics.Step::dataWaitSeconds)
                .filter(Double::isFinite)
                .sum();
        if (summary == null || !Double.isFinite(summary.imagesPerSecond())) {
            tile(page, "Speed", "unknown", "no summary");
            return;
        }
        String wait = summary.seconds() > 0
                        && data.metrics().steps().stream().anyMatch(s -> Double.isFinite(s.dataWaitSeconds()))
                ? String.format(
                        Locale.ROOT,
                        "images a second; %.1f %% of the time waiting for data",
                        100 * waited / summary.seconds())
                : "images a second";
        tile(page, "Speed", String.format(Locale.ROOT, "%,.0f", summary.imagesPerSecond()), wait);
    }

    private static void tile(Markup page, String name, String value, String beside) {
        page.open("div", "")
                .element("p", "", name)
                .element("strong", "", value)
                .element("small", "", beside)
                .close("div");
    }
}
