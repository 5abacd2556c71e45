package io.gramian.models.report;

import io.gramian.models.eval.Evaluation;
import io.gramian.spectrum.CollapseVerdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The sections of the page, from top to bottom. */
final class ReportSections {
    private final RunData data;
    private final ClassNames names;
    private final CollapseVerdict verdict;

    ReportSections(RunData data) {
        this.data = data;
        this.names = new ClassNames(
                data.summary() == null ? List.of() : data.summary().classNames());
        List<RunMetrics.SpectrumAt> spectra = data.metrics().spectra();
        this.verdict = CollapseVerdict.of(
                spectra.isEmpty()
                        ? new double[0]
                        : spectra.get(spectra.size() - 1).singularValues());
    }

    String title() {
        RunArtifacts.Summary summary = data.summary();
        return summary == null ? data.name() : summary.method() + " on " + summary.data();
    }

    void write(Markup page) {
        head(page);
        verdict(page);
        new HeadlineSection(data, verdict).write(page);
        evaluation(page);
        training(page);
        new SpectrumSection(data.metrics()).write(page);
        map(page);
        neighbours(page);
        augmented(page);
        configuration(page);
        problems(page);
    }

    private void head(Markup page) {
        page.open("header", "")
                .element("p", "class=\"eyebrow\"", "Gramian \u00b7 run " + data.name())
                .element("h1", "", title());
        RunArtifacts.Summary summary = data.summary();
        if (summary != null) {
            page.element(
                    "p",
                    "class=\"sub\"",
                    String.format(
                            Locale.ROOT,
                            "%,d training images, %d %s, %s of training",
                            summary.trainImages(),
                            summary.epochs(),
                            summary.epochs() == 1 ? "epoch" : "epochs",
                            Markup.duration(summary.seconds())));
        }
        page.close("header");
    }

    private void verdict(Markup page) {
        page.open(
                        "section",
                        "id=\"verdict\" class=\"verdict "
                                + verdict.kind().name().toLowerCase(Locale.ROOT) + "\"")
                .element("h2", "", verdict.kind().title())
                .element("p", "", verdict.explanation() + " " + verdict.advice())
                .close("section");
    }

    private void evaluation(Markup page) {
        page.section("evaluation", "What the features are worth");
        Evaluation evaluation = data.evaluation();
        if (evaluation == null) {
            absent(page, "The run was not evaluated.");
            return;
        }
        page.note(String.format(
                Locale.ROOT,
                "Share of test images classified rightly on frozen features: by their %d nearest"
                        + " training images (cosine, weighted), and by a linear probe. The same for the network"
                        + " before training and for the raw pixels. RankMe counts the dimensions in use.",
                evaluation.settings().k()));
        page.open("div", "class=\"scroll\"").open("table", "class=\"scores\"").open("tr", "");
        List<String> more = List.copyOf(evaluation.rows().get(0).more().keySet());
        List<String> columns = new ArrayList<>(List.of("features", "dimensions", "RankMe", "kNN", "linear probe"));
        more.forEach(name -> columns.add(Measure.heading(name)));
        columns.forEach(column -> page.element("th", "", column));
        page.close("tr");
        for (Evaluation.Row row : evaluation.rows()) {
            page.open("tr", row.features().equals(Evaluation.TRAINED) ? "class=\"ours\"" : "")
                    .element("td", "", label(row.features()))
                    .element("td", "", String.valueOf(row.dimension()))
                    .element(
                            "td",
                            "",
                            row.spectrum()
                                    .map(spectrum -> Markup.value(Math.rint(spectrum.rankMe() * 10) / 10))
                                    .orElse(""));
            score(page, row.knn());
            score(page, row.linear());
            more.forEach(name -> score(page, row.more().getOrDefault(name, Double.NaN)));
            page.close("tr");
        }
        page.close("table").close("div").close("section");
    }

    /** Name of a feature set for people. */
    static String label(String features) {
        return switch (features) {
            case Evaluation.TRAINED -> "trained network";
            case Evaluation.UNTRAINED -> "untrained network";
            case Evaluation.PIXELS -> "raw pixels";
            default -> features;
        };
    }

    private static void score(Markup page, double share) {
        page.open("td", "class=\"score\"");
        if (Double.isFinite(share)) {
            page.raw("<i style=\"width:" + Markup.number(Math.max(0, Math.min(1, share)) * 100) + "%\"></i>");
        }
        page.element("span", "", Double.isFinite(share) ? Markup.percent(share) : "")
                .close("td");
    }

    private void training(Markup page) {
        page.section("training", "Training");
        Charts charts = new Charts(data.metrics());
        if (charts.loss().isEmpty() && charts.learningRate().isEmpty()) {
            absent(page, "No training step was recorded.");
            return;
        }
        page.open("div", "class=\"pair\"");
        page.figure(charts.loss().svg(""), "Loss of each step (thin) and its running mean.");
        page.figure(charts.learningRate().svg(""), "Learning rate.");
        LineChart online = charts.onlineProbe();
        if (!online.isEmpty()) {
            page.figure(
                    online.svg(""),
                    "Share of training images that a linear classifier, which learns beside the training, has right"
                            + " before it learns from them; a running mean.");
        }
        page.close("div").close("section");
    }

    private void map(Markup page) {
        page.section("map", "Map of the test images");
        MapSection map = data.embeddings() == null ? null : new MapSection(data.embeddings(), data.images(), names);
        if (map == null || map.isEmpty()) {
            absent(page, "There are no embeddings to draw.");
            return;
        }
        page.note(String.format(
                Locale.ROOT,
                "%,d test images placed by t-SNE on the cosine distance of their features, coloured by"
                        + " class. The network never saw a label. Neighbours on the map are neighbours in the"
                        + " embedding; distances between far groups mean little. Hover a point to see its"
                        + " image, a class to see it alone.",
                map.points()));
        map.write(page);
        page.close("section");
    }

    private void neighbours(Markup page) {
        page.section("neighbours", "Nearest neighbours");
        if (data.embeddings() == null || data.images() == null) {
            absent(page, "There are no embeddings with images.");
            return;
        }
        Markup grid = new Markup();
        ImageSections.Tally tally = ImageSections.neighbours(grid, data.embeddings(), data.images(), names);
        page.note("The first test image of each class, and the test images nearest to it. " + tally.same() + " of "
                + tally.all()
                + " neighbours are of the same class (solid green frame); the others have a dashed red one.");
        page.raw(grid.toString()).close("section");
    }

    private void augmented(Markup page) {
        page.section("augmented", "What the network was asked to see as one");
        if (data.augmented() == null) {
            absent(page, "No augmented images were kept.");
            return;
        }
        page.note("Training images (left) and the augmented views whose embeddings are pulled together.");
        ImageSections.augmented(page, data.augmented());
        page.close("section");
    }

    private void configuration(Markup page) {
        page.section("configuration", "Configuration");
        page.open("details", "").element("summary", "", "Resolved configuration (config.yaml)");
        page.element("pre", "", data.config() == null ? "config.yaml is missing" : data.config())
                .close("details");
        page.open("details", "").element("summary", "", "Environment");
        Map<String, String> environment = Optional.ofNullable(data.summary())
                .map(RunArtifacts.Summary::environment)
                .orElse(Map.of("environment", "unknown: summary.json is missing"));
        page.facts(environment).close("details").close("section");
    }

    private void problems(Markup page) {
        if (data.problems().isEmpty()) {
            return;
        }
        page.section("missing", "What is missing");
        page.open("ul", "");
        data.problems().forEach(problem -> page.element("li", "", problem));
        page.close("ul").close("section");
    }

    private static void absent(Markup page, String text) {
        page.element("p", "class=\"absent\"", text).close("section");
    }
}
