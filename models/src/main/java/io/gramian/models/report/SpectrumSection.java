package io.gramian.models.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Spectra of embeddings and representations over time, and the warnings that training gave. */
final class SpectrumSection {
    private final RunMetrics metrics;

    SpectrumSection(RunMetrics metrics) {
        this.metrics = metrics;
    }

    void write(Markup page) {
        page.section("spectrum", "Spectrum of the embedding");
        if (metrics.spectra().isEmpty()) {
            page.element("p", "class=\"absent\"", "No spectrum was recorded.").close("section");
            return;
        }
        page.note("Singular values of the embeddings of a fixed batch, largest first, as training goes on. A curve that"
                + " falls off a cliff means dimensions that carry nothing: dimensional collapse. The effective"
                + " rank counts the dimensions in use; RankMe is the same with a small constant against"
                + " rounding.");
        warnings(page);
        figures(page, metrics, "embeddings");
        if (!metrics.representations().isEmpty()) {
            page.element("h3", "", "The representation before the projector");
            figures(page, metrics.ofRepresentations(), "representations");
        }
        page.close("section");
    }

    private static void figures(Markup page, RunMetrics of, String what) {
        List<RunMetrics.SpectrumAt> spectra = of.spectra();
        RunMetrics.SpectrumAt last = spectra.get(spectra.size() - 1);
        Charts charts = new Charts(of);
        page.open("div", "class=\"pair\"");
        page.figure(charts.spectrum(), "Singular values of the " + what + ", from dark (first) to bright (last).");
        page.figure(
                charts.effectiveRank().svg(""),
                "Effective rank and RankMe, of " + last.singularValues().length
                        + " dimensions. At the end a column of unit " + what + " deviates by "
                        + Markup.value(last.std()) + " on average.");
        page.close("div");
    }

    /** One line for each warning: when it stood first and last, how often, and what to try. */
    private void warnings(Markup page) {
        Map<String, RunMetrics.Warning> first = new LinkedHashMap<>();
        Map<String, RunMetrics.Warning> last = new LinkedHashMap<>();
        Map<String, Integer> count = new LinkedHashMap<>();
        for (RunMetrics.Warning warning : metrics.warnings()) {
            String title =
                    warning.where().equals("slice") ? warning.name() : warning.name() + " of the " + warning.where();
            first.putIfAbsent(title, warning);
            last.put(title, warning);
            count.merge(title, 1, Integer::sum);
        }
        if (count.isEmpty()) {
            return;
        }
        page.open("ul", "class=\"warnings\"");
        last.forEach((title, warning) -> page.open("li", "")
                .element("strong", "", title.substring(0, 1).toUpperCase(Locale.ROOT) + title.substring(1))
                .element(
                        "span",
                        "",
                        String.format(
                                Locale.ROOT,
                                " in %d of %d spectra, from step %,d to step %,d: %s; %s.",
                                count.getOrDefault(title, 0),
                                metrics.spectra().size(),
                                first.getOrDefault(title, warning).step(),
                                warning.step(),
                                warning.finding(),
                                warning.advice()))
                .close("li"));
        page.close("ul");
    }
}
