package io.gramian.models.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The page of a comparison, from top to bottom. */
final class ComparisonPage {
    /** Beyond so many runs, lines over each other are a tangle: each gets a chart of its own too. */
    private static final int OVERLAID = 6;

    private final Comparison comparison;
    private final ComparisonCharts charts;

    private ComparisonPage(Comparison comparison) {
        this.comparison = comparison;
        this.charts = new ComparisonCharts(comparison);
    }

    /** The page as well-formed XML that is valid HTML. */
    static String html(Comparison comparison, String title, String sentence, Map<String, String> facts) {
        Markup page = Report.head(title);
        new ComparisonPage(comparison).write(page, title, sentence, facts);
        return Report.tail(page);
    }

    private void write(Markup page, String title, String sentence, Map<String, String> facts) {
        List<String> data = comparison.runs().stream()
                .map(run -> run.setting("data"))
                .distinct()
                .toList();
        page.open("header", "")
                .element("p", "class=\"eyebrow\"", "Gramian \u00b7 comparison")
                .element("h1", "", title)
                .element(
                        "p", "class=\"sub\"", count(comparison.runs().size(), "run") + " on " + String.join(", ", data))
                .close("header");
        if (!sentence.isEmpty()) {
            page.note(sentence);
        }
        scores(page);
        training(page);
        spectra(page);
        settings(page);
        problems(page);
        facts(page, facts);
    }

    private static void facts(Markup page, Map<String, String> facts) {
        if (facts.isEmpty()) {
            return;
        }
        page.section("facts", "How it was run");
        page.facts(facts).close("section");
    }

    private static String count(int number, String word) {
        return number + " " + word + (number == 1 ? "" : "s");
    }

    private void scores(Markup page) {
        page.section("scores", "What came of it");
        page.note("Accuracies on test images, of frozen features unless their heading says otherwise; the best of the"
                + " runs is bold. Numbers that a run does not have yet are blank.");
        page.open("div", "class=\"scroll\"").open("table", "class=\"compared\"").open("tr", "");
        page.element("th", "", "run");
        comparison.measures().forEach(measure -> page.open(
                        "th", "class=\"number\" title=\"" + Markup.escape(measure.meaning()) + "\"")
                .text(measure.name())
                .close("th"));
        page.close("tr");
        for (int i = 0; i < comparison.runs().size(); i++) {
            ComparedRun run = comparison.runs().get(i);
            page.open("tr", "").open("td", "title=\"" + Markup.escape(run.name()) + "\"");
            swatch(page, i);
            page.text(comparison.labels().get(i)).close("td");
            for (Measure measure : comparison.measures()) {
                double value = measure.of(run);
                cell(page, measure, value, value == measure.best(comparison.runs()));
            }
            page.close("tr");
        }
        for (Comparison.Baseline baseline : comparison.baselines()) {
            page.open("tr", "class=\"baseline\"").element("td", "", baseline.label());
            comparison.measures().forEach(measure -> cell(page, measure, measure.of(baseline.row()), false));
            page.close("tr");
        }
        page.close("table").close("div").close("section");
    }

    private static void cell(Markup page, Measure measure, double value, boolean best) {
        page.open("td", "class=\"number" + (best ? " best" : "") + "\"");
        if (measure.share() && Double.isFinite(value)) {
            double width = 100 * Math.max(0, Math.min(1, value));
            page.raw("<i style=\"width:" + Markup.number(width) + "%\"></i>");
        }
        page.element("span", "", measure.text(value)).close("td");
    }

    private void swatch(Markup page, int run) {
        page.raw("<svg class=\"swatch\" viewBox=\"0 0 26 10\" aria-hidden=\"true\"><line x1=\"1\" x2=\"25\" y1=\"5\""
                + " y2=\"5\" stroke=\"" + ComparisonCharts.colour(run) + "\" stroke-width=\"4\""
                + (ComparisonCharts.dashed(run) ? " stroke-dasharray=\"6 4\"" : "") + "/></svg>");
    }

    private void legend(Markup page) {
        page.open("p", "class=\"legend\"");
        for (int i = 0; i < comparison.runs().size(); i++) {
            page.open("span", "");
            swatch(page, i);
            page.text(comparison.labels().get(i)).close("span");
        }
        page.close("p");
    }

    private void training(Markup page) {
        LineChart loss = charts.loss();
        LineChart rank = charts.rank();
        if (loss.isEmpty() && rank.isEmpty()) {
            return;
        }
        page.section("training", "Training");
        legend(page);
        page.open("div", "class=\"pair\"");
        figure(
                page,
                loss,
                charts.oneLoss()
                        ? "Loss, running mean."
                        : "Loss, running mean. Losses of different methods have different scales: each is drawn from"
                                + " its largest value (1) to its least (0).");
        figure(page, rank, "RankMe of the embeddings of a fixed batch: the number of dimensions in use.");
        page.close("div").close("section");
    }

    private void spectra(Markup page) {
        LineChart features = charts.features();
        LineChart embeddings = charts.embeddings();
        if (features.isEmpty() && embeddings.isEmpty()) {
            return;
        }
        page.section("spectra", "Spectra");
        page.note("Singular values at the end of training, largest first, as shares of the largest. A curve that falls"
                + " off a cliff means dimensions that carry nothing: dimensional collapse.");
        legend(page);
        page.open("div", "class=\"pair\"");
        figure(page, features, "Features of training images: what is kept after training.");
        figure(page, embeddings, "Embeddings of a fixed batch: what the loss sees.");
        page.close("div");
        if (comparison.runs().size() > OVERLAID) {
            page.open("div", "class=\"multiples\"");
            List<String> each = charts.each();
            for (int i = 0; i < each.size(); i++) {
                page.open("figure", "")
                        .element(
                                "figcaption",
                                "class=\"above\"",
                                comparison.labels().get(i))
                        .raw(each.get(i))
                        .close("figure");
            }
            page.close("div");
        }
        page.close("section");
    }

    private void settings(Markup page) {
        if (comparison.runs().size() < 2) {
            return;
        }
        page.section("settings", "Settings that differ");
        Map<String, List<String>> common = new LinkedHashMap<>();
        Map<String, List<String>> own = new LinkedHashMap<>();
        Comparison.differing(comparison.runs())
                .forEach((key, values) -> (values.contains("") ? own : common).put(key, values));
        if (common.isEmpty() && own.isEmpty()) {
            page.element("p", "class=\"absent\"", "None.");
        }
        if (!common.isEmpty()) {
            table(page, common);
        }
        if (!own.isEmpty()) {
            page.open("details", "").element("summary", "", "Settings that not all runs have");
            table(page, own);
            page.close("details");
        }
        page.close("section");
    }

    private void table(Markup page, Map<String, List<String>> settings) {
        page.open("div", "class=\"scroll\"").open("table", "class=\"compared\"").open("tr", "");
        page.element("th", "", "setting");
        comparison.labels().forEach(label -> page.element("th", "", label));
        page.close("tr");
        settings.forEach((key, values) -> {
            page.open("tr", "").element("td", "", key);
            values.forEach(value -> page.element("td", "", value.isEmpty() ? "\u2013" : value));
            page.close("tr");
        });
        page.close("table").close("div");
    }

    private void problems(Markup page) {
        List<String> found = new ArrayList<>();
        comparison.runs().forEach(run -> found.addAll(run.problems()));
        String missing = comparison.runs().stream()
                .filter(run -> run.evaluation() == null && run.problems().isEmpty())
                .map(ComparedRun::name)
                .collect(Collectors.joining(", "));
        if (!missing.isEmpty()) {
            found.add("not evaluated: " + missing + "; gramian evaluate RUN does so");
        }
        if (found.isEmpty()) {
            return;
        }
        page.section("missing", "What is missing");
        page.open("ul", "");
        found.forEach(problem -> page.element("li", "", problem));
        page.close("ul").close("section");
    }

    private static void figure(Markup page, LineChart chart, String caption) {
        if (!chart.isEmpty()) {
            page.figure(chart.svg(""), caption);
        }
    }
}
