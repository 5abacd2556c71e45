package io.gramian.models.report;

import io.gramian.GramianException;
import io.gramian.models.collapse.CollapseJson;
import io.gramian.models.collapse.CollapseResults;
import io.gramian.models.format.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes what {@link io.gramian.models.collapse.CollapseStudy} measured into a folder: {@code collapse.html}, one page without
 * anything to load; {@code collapse.json}, the numbers; and each figure as SVG and as PNG.
 */
public final class CollapsePage {
    private static final double SCALE = 2;

    private CollapsePage() {}

    /**
     * Writes all files; those that are there already are replaced.
     *
     * @param folder made if need be
     * @return path of the page
     * @throws GramianException if a file cannot be written
     */
    public static Path write(Path folder, CollapseResults results) {
        try {
            Files.createDirectories(folder);
        } catch (IOException failure) {
            throw new GramianException("cannot make the folder " + folder + ": " + AtomicFile.reason(failure), failure);
        }
        Map<String, List<CollapseFigures.Panel>> figures = new CollapseFigures(results).all();
        figures.forEach((name, panels) -> {
            Figure figure = new Figure(CollapseFigures.columns(name));
            panels.forEach(panel -> figure.panel(panel.caption(), panel.svg()));
            String svg = figure.svg();
            RunArtifacts.writeText(folder.resolve(name + ".svg"), svg);
            byte[] png = SvgRaster.png(svg, SCALE);
            AtomicFile.write(folder.resolve(name + ".png"), channel -> {
                ByteBuffer bytes = ByteBuffer.wrap(png);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            });
        });
        RunArtifacts.writeText(folder.resolve("collapse.json"), CollapseJson.of(results));
        Path page = folder.resolve("collapse.html");
        RunArtifacts.writeText(page, html(results, figures));
        return page;
    }

    private static String html(CollapseResults results, Map<String, List<CollapseFigures.Panel>> figures) {
        Markup page = Report.head("Dimensional collapse");
        page.open("header", "")
                .element("p", "class=\"eyebrow\"", "Gramian \u00b7 collapse")
                .element("h1", "", "Dimensional collapse, seen")
                .element("p", "class=\"sub\"", CollapseText.subtitle(results))
                .close("header");
        CollapseText text = new CollapseText(results);
        figures.forEach((name, panels) -> {
            page.section(name, text.heading(name));
            text.paragraphs(name).forEach(page::note);
            page.open("div", name.equals("alignment") ? "class=\"triple\"" : "class=\"pair\"");
            for (int i = 0; i < panels.size(); i++) {
                page.open("figure", "")
                        .element(
                                "figcaption",
                                "class=\"above\"",
                                Figure.letter(i) + panels.get(i).caption())
                        .raw(panels.get(i).svg())
                        .close("figure");
            }
            page.close("div").close("section");
        });
        text.settings(page);
        return Report.tail(page);
    }
}
