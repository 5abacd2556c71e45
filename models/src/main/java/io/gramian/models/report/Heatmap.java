package io.gramian.models.report;

import java.util.Locale;

/** A square matrix of values in [0, 1] as an SVG of dark (0) to bright (1) cells. */
final class Heatmap {
    private static final double SIDE = 244;
    private static final double LEFT = 34;
    private static final double TOP = 8;
    private static final double BOTTOM = 48;

    private Heatmap() {}

    /** Draws {@code values} (d, d) row-major with names of its axes. */
    static String svg(double[] values, String across, String down) {
        int d = (int) Math.round(Math.sqrt(values.length));
        double cell = SIDE / d;
        double width = LEFT + SIDE + 12;
        double height = TOP + SIDE + BOTTOM;
        Markup svg = new Markup();
        svg.open(
                "svg",
                "class=\"chart\" viewBox=\"0 0 " + Markup.number(width) + " " + Markup.number(height)
                        + "\" role=\"img\" aria-label=\"" + Markup.escape(down + " by " + across) + "\"");
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double value = values[i * d + j];
                // a hair of overlap hides the seams between cells
                svg.open(
                                "rect",
                                Markup.attribute("x", LEFT + j * cell) + Markup.attribute("y", TOP + i * cell)
                                        + Markup.attribute("width", cell + (j + 1 < d ? 0.4 : 0))
                                        + Markup.attribute("height", cell + (i + 1 < d ? 0.4 : 0)) + "fill=\""
                                        + Palette.full(value) + "\"")
                        .element("title", "", String.format(Locale.ROOT, "%d, %d: %.2f", i + 1, j + 1, value))
                        .close("rect");
            }
        }
        for (int k = 1; k <= d; k += d > 8 ? 5 : 1) {
            double at = (k - 0.5) * cell;
            svg.element(
                    "text",
                    Markup.attribute("x", LEFT + at) + Markup.attribute("y", TOP + SIDE + 17)
                            + "text-anchor=\"middle\"",
                    Integer.toString(k));
            svg.element(
                    "text",
                    Markup.attribute("x", LEFT - 7) + Markup.attribute("y", TOP + at + 4) + "text-anchor=\"end\"",
                    Integer.toString(k));
        }
        svg.element(
                "text",
                "class=\"label\" text-anchor=\"middle\" " + Markup.attribute("x", LEFT + SIDE / 2)
                        + Markup.attribute("y", TOP + SIDE + 38),
                down + " (rows) by " + across + " (columns)");
        return svg.close("svg").toString();
    }
}
