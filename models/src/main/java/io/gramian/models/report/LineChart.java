package io.gramian.models.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A chart of lines over a common horizontal axis, as SVG that follows the colours of the page. */
final class LineChart {
    static final double WIDTH = 520;
    static final double HEIGHT = 320;
    private static final double LEFT = 62;
    private static final double RIGHT = 14;
    private static final double TOP = 34;
    private static final double BOTTOM = 48;
    private static final double LEGEND_LINE = 17;
    private static final int HOVER_POINTS = 60;

    /** One line. {@code faint}: drawn thin in the background, without legend and hover; so is one without a name, but thick. */
    record Line(String name, String colour, double[] x, double[] y, boolean faint, boolean dashed) {}

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final boolean logarithmic;
    private final List<Line> lines = new ArrayList<>();
    private boolean fromZero;
    private boolean legend = true;
    private boolean legendInside;
    private boolean points;
    private int hoverPoints = HOVER_POINTS;

    LineChart(String title, String xLabel, String yLabel, boolean logarithmic) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
        this.logarithmic = logarithmic;
    }

    /** Adds a line; points that are not finite (or not positive, on a logarithmic axis) are left out. */
    LineChart line(Line line) {
        double[] x = new double[line.x().length];
        double[] y = new double[x.length];
        int kept = 0;
        for (int i = 0; i < x.length; i++) {
            if (Double.isFinite(line.x()[i]) && Double.isFinite(line.y()[i]) && (!logarithmic || line.y()[i] > 0)) {
                x[kept] = line.x()[i];
                y[kept++] = line.y()[i];
            }
        }
        if (kept > 0) {
            lines.add(new Line(
                    line.name(),
                    line.colour(),
                    Arrays.copyOf(x, kept),
                    Arrays.copyOf(y, kept),
                    line.faint(),
                    line.dashed()));
        }
        return this;
    }

    /** Lets the vertical axis begin at 0. */
    LineChart fromZero() {
        fromZero = true;
        return this;
    }

    /** Leaves the legend to the caller. */
    LineChart withoutLegend() {
        legend = false;
        return this;
    }

    /** Puts the legend into the plot, one line below the other, in the corner where it hides least. */
    LineChart legendInside() {
        legendInside = true;
        return this;
    }

    /** Marks the points of each line. */
    LineChart withPoints() {
        points = true;
        return this;
    }

    /** Sets how many points of a line show their value under the mouse. */
    LineChart hoverPoints(int most) {
        hoverPoints = most;
        return this;
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** The chart as an {@code <svg>} element; extra markup is drawn on top, in the same coordinates. */
    String svg(String extra) {
        Markup svg = new Markup();
        svg.open(
                "svg",
                "class=\"chart\" viewBox=\"0 0 520 320\" role=\"img\" aria-label=\"" + Markup.escape(title) + "\"");
        if (isEmpty()) {
            return svg.element("text", "x=\"260\" y=\"160\" class=\"empty\" text-anchor=\"middle\"", "nothing to draw")
                    .close("svg")
                    .toString();
        }
        double[] xRange = range(true);
        double[] yRange = range(false);
        Axis x = Axis.linear(xRange[0], xRange[1], LEFT, WIDTH - RIGHT);
        double room = logarithmic ? 0 : 0.06 * (yRange[1] - yRange[0]);
        double low = fromZero ? 0 : yRange[0] - room;
        Axis y = logarithmic
                ? Axis.logarithmic(yRange[0], yRange[1], HEIGHT - BOTTOM, TOP)
                : Axis.linear(low, yRange[1] + room, HEIGHT - BOTTOM, TOP);
        grid(svg, x, y);
        for (Line line : lines) {
            path(svg, line, x, y);
        }
        for (Line line : lines) {
            hover(svg, line, x, y);
        }
        if (legendInside) {
            legendColumn(svg, x, y);
        } else if (legend) {
            legend(svg);
        }
        return svg.raw(extra).close("svg").toString();
    }

    private double[] range(boolean horizontal) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Line line : lines) {
            for (double value : horizontal ? line.x() : line.y()) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        return new double[] {low, high};
    }

    private void grid(Markup svg, Axis x, Axis y) {
        for (Axis.Tick tick : y.ticks(5)) {
            String at = Markup.number(y.at(tick.value()));
            svg.raw("<line class=\"grid\" x1=\"" + Markup.number(LEFT) + "\" x2=\"" + Markup.number(WIDTH - RIGHT)
                    + "\" y1=\"" + at + "\" y2=\"" + at + "\"/>");
            svg.element(
                    "text",
                    Markup.attribute("x", LEFT - 7) + Markup.attribute("y", y.at(tick.value()) + 4)
                            + "text-anchor=\"end\"",
                    tick.label());
        }
        for (Axis.Tick tick : x.ticks(6)) {
            String at = Markup.number(x.at(tick.value()));
            svg.raw("<line class=\"tick\" x1=\"" + at + "\" x2=\"" + at + "\" y1=\"" + Markup.number(HEIGHT - BOTTOM)
                    + "\" y2=\"" + Markup.number(HEIGHT - BOTTOM + 5) + "\"/>");
            svg.element(
                    "text",
                    "x=\"" + at + "\" " + Markup.attribute("y", HEIGHT - BOTTOM + 19) + "text-anchor=\"middle\"",
                    tick.label());
        }
        svg.raw("<line class=\"axis\" x1=\"" + Markup.number(LEFT) + "\" x2=\"" + Markup.number(WIDTH - RIGHT)
                + "\" y1=\"" + Markup.number(HEIGHT - BOTTOM) + "\" y2=\"" + Markup.number(HEIGHT - BOTTOM) + "\"/>");
        svg.element(
                "text",
                "class=\"label\" text-anchor=\"middle\" " + Markup.attribute("x", (LEFT + WIDTH - RIGHT) / 2)
                        + Markup.attribute("y", HEIGHT - 8),
                xLabel);
        svg.element("text", "class=\"label\" x=\"4\" y=\"16\"", yLabel);
    }

    private void path(Markup svg, Line line, Axis x, Axis y) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < line.x().length; i++) {
            path.append(i == 0 ? "M" : "L")
                    .append(Markup.number(x.at(line.x()[i])))
                    .append(' ')
                    .append(Markup.number(y.at(line.y()[i])));
        }
        if (line.x().length == 1) {
            path.append("h0.01"); // a round cap makes a single point visible
        }
        svg.raw("<path class=\"" + (line.faint() ? "faint" : "line") + (line.dashed() ? " dashed" : "") + "\" stroke=\""
                + line.colour() + "\" d=\"" + path + "\"/>");
        if (points && !line.dashed()) {
            for (int i = 0; i < line.x().length; i++) {
                svg.raw("<circle r=\"3.2\" fill=\"" + line.colour() + "\" " + Markup.attribute("cx", x.at(line.x()[i]))
                        + Markup.attribute("cy", y.at(line.y()[i])) + "/>");
            }
        }
    }

    private void hover(Markup svg, Line line, Axis x, Axis y) {
        if (line.faint() || line.name().isEmpty()) {
            return;
        }
        int stride = Math.max(1, line.x().length / hoverPoints);
        for (int i = 0; i < line.x().length; i += stride) {
            svg.open(
                            "circle",
                            "class=\"hover\" r=\"7\" " + Markup.attribute("cx", x.at(line.x()[i]))
                                    + Markup.attribute("cy", y.at(line.y()[i])) + "style=\"--c:" + line.colour() + "\"")
                    .element(
                            "title",
                            "",
                            String.format(
                                    Locale.ROOT,
                                    "%s: %s%n%s %s",
                                    line.name(),
                                    Markup.value(line.y()[i]),
                                    xLabel,
                                    Markup.value(line.x()[i])))
                    .close("circle");
        }
    }

    private void legend(Markup svg) {
        double x = WIDTH - RIGHT;
        for (int i = lines.size() - 1; i >= 0; i--) {
            Line line = lines.get(i);
            if (line.faint() || line.name().isEmpty()) {
                continue;
            }
            svg.element("text", "text-anchor=\"end\" y=\"16\" " + Markup.attribute("x", x), line.name());
            x -= width(line.name()) + 8;
            svg.raw("<line class=\"key" + (line.dashed() ? " dashed" : "") + "\" y1=\"12\" y2=\"12\" stroke=\""
                    + line.colour() + "\" x1=\"" + Markup.number(x - 18) + "\" x2=\"" + Markup.number(x) + "\"/>");
            x -= 36;
        }
    }

    private void legendColumn(Markup svg, Axis xAxis, Axis yAxis) {
        List<Line> named = lines.stream().filter(line -> !line.name().isEmpty()).toList();
        double width = 39
                + named.stream().mapToDouble(line -> width(line.name())).max().orElse(0);
        double height = LEGEND_LINE * named.size();
        double left = LEFT + 12;
        double top = HEIGHT - BOTTOM - 6 - height;
        double least = Double.POSITIVE_INFINITY;
        for (double y : new double[] {HEIGHT - BOTTOM - 6 - height, TOP + 4}) {
            for (double x : new double[] {LEFT + 12, WIDTH - RIGHT - width}) {
                double hidden = hidden(xAxis, yAxis, x, y, width, height);
                if (hidden < least) {
                    least = hidden;
                    left = x;
                    top = y;
                }
            }
        }
        for (int i = 0; i < named.size(); i++) {
            Line line = named.get(i);
            double y = top + LEGEND_LINE * (i + 1) - 4;
            svg.raw("<line class=\"key" + (line.dashed() ? " dashed" : "") + "\" stroke=\"" + line.colour() + "\" "
                    + Markup.attribute("x1", left) + Markup.attribute("x2", left + 20)
                    + Markup.attribute("y1", y - 4) + Markup.attribute("y2", y - 4) + "/>");
            svg.element("text", Markup.attribute("x", left + 27) + Markup.attribute("y", y), line.name());
        }
    }

    /** How much of the lines lies in a box: samples along every segment. */
    private double hidden(Axis xAxis, Axis yAxis, double x, double y, double width, double height) {
        int samples = 8;
        int inside = 0;
        for (Line line : lines) {
            for (int i = 0; i + 1 < line.x().length; i++) {
                for (int k = 0; k < samples; k++) {
                    double share = k / (double) samples;
                    double px = xAxis.at(line.x()[i]) * (1 - share) + xAxis.at(line.x()[i + 1]) * share;
                    double py = yAxis.at(line.y()[i]) * (1 - share) + yAxis.at(line.y()[i + 1]) * share;
                    inside += px > x && px < x + width && py > y && py < y + height ? 1 : 0;
                }
            }
        }
        return inside;
    }

    /** Width of a text in the page's 13 pixel sans serif, roughly, on the safe side. */
    private static double width(String text) {
        return text.chars()
                .mapToDouble(c ->
                        "fijklrt, ".indexOf(c) >= 0 ? 5 : Character.isUpperCase(c) || c == 'm' || c == 'w' ? 11 : 7.6)
                .sum();
    }
}
