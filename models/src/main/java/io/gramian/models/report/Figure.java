package io.gramian.models.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Panels with letters side by side, as one SVG file that needs nothing else: the colours of the light page, on white. The same
 * picture as PNG comes from {@link SvgRaster}.
 */
final class Figure {
    private static final double GAP = 18;
    private static final double HEAD = 30;
    private static final double MARGIN = 14;
    private static final String STYLE =
            "text{fill:#5d6670;font:13px \"DejaVu Sans\",\"Helvetica Neue\",Arial,sans-serif}.label{fill:#1d2126}"
                    + ".panel{fill:#1d2126;font-size:15px;font-weight:bold}.grid{stroke:#edeff1}"
                    + ".axis,.tick{stroke:#5d6670}path{fill:none;stroke-linecap:round;stroke-linejoin:round}"
                    + ".line{stroke-width:2.4}.faint{stroke-width:1.2;opacity:0.6}.key{stroke-width:2.6}"
                    + ".dashed{stroke-dasharray:6 5}";

    private final int columns;
    private final List<String> captions = new ArrayList<>();
    private final List<Panel> panels = new ArrayList<>();

    /** A picture with its size. */
    private record Panel(String svg, double width, double height) {}

    /** A figure with so many panels a row. */
    Figure(int columns) {
        this.columns = columns;
    }

    /** Adds an {@code <svg viewBox="0 0 WIDTH HEIGHT">} element with a caption. */
    Figure panel(String caption, String svg) {
        String[] box =
                svg.replaceFirst("(?s)^<svg[^>]* viewBox=\"([^\"]*)\".*$", "$1").split(" ");
        captions.add(caption);
        panels.add(new Panel(svg, Double.parseDouble(box[2]), Double.parseDouble(box[3])));
        return this;
    }

    /** What stands before the caption of a panel. */
    static String letter(int panel) {
        return (char) ('a' + panel) + "   ";
    }

    /** The figure as a file of its own. */
    String svg() {
        Markup inner = new Markup();
        double width = 0;
        double y = MARGIN;
        for (int from = 0; from < panels.size(); from += columns) {
            int to = Math.min(panels.size(), from + columns);
            double x = MARGIN;
            double height = 0;
            for (int i = from; i < to; i++) {
                Panel panel = panels.get(i);
                inner.element(
                        "text",
                        "class=\"panel\" " + Markup.attribute("x", x + 4) + Markup.attribute("y", y + 14),
                        letter(i) + captions.get(i));
                inner.raw(placed(panel, x, y + HEAD));
                x += panel.width() + GAP;
                height = Math.max(height, panel.height());
            }
            width = Math.max(width, x - GAP + MARGIN);
            y += HEAD + height + GAP;
        }
        double height = y - GAP + MARGIN;
        String size = Markup.attribute("width", width) + Markup.attribute("height", height) + "viewBox=\"0 0 "
                + Markup.number(width) + " " + Markup.number(height) + "\"";
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" " + size + "><style>" + STYLE + "</style>"
                + "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>" + Theme.light(inner.toString())
                + "</svg>\n";
    }

    /** A panel at its place, without what only a page that follows the mouse can show. */
    private static String placed(Panel panel, double x, double y) {
        String still = panel.svg().replaceAll("(?s)<circle class=\"hover\".*?</circle>", "");
        String place = Markup.attribute("x", x)
                + Markup.attribute("y", y)
                + Markup.attribute("width", panel.width())
                + Markup.attribute("height", panel.height());
        return "<svg " + place + still.substring("<svg ".length());
    }
}
