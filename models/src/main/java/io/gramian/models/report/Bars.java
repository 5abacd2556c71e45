package io.gramian.models.report;

import java.util.List;

/** Horizontal bars of shares, in groups: one group a name, one bar a measure. */
final class Bars {
    private static final double LEFT = 190;
    private static final double RIGHT = 60;
    private static final double TOP = 34;
    private static final double GROUP_GAP = 12;

    private Bars() {}

    /** One group: its name and its shares in [0, 1], one for each measure. */
    record Group(String name, List<Double> shares) {}

    /** Draws groups; bars begin at {@code from}, so that differences are seen. */
    static String svg(String title, List<String> measures, List<String> colours, List<Group> groups, double from) {
        double room = LineChart.HEIGHT - TOP - 24;
        double height = room / groups.size() - GROUP_GAP;
        double bar = height / measures.size();
        Axis axis = Axis.linear(from, 1, LEFT, LineChart.WIDTH - RIGHT);
        Markup svg = new Markup();
        svg.open(
                "svg",
                "class=\"chart\" viewBox=\"0 0 520 320\" role=\"img\" aria-label=\"" + Markup.escape(title) + "\"");
        double key = LEFT;
        for (int m = 0; m < measures.size(); m++) {
            svg.raw("<rect y=\"8\" width=\"11\" height=\"11\" " + Markup.attribute("x", key) + "fill=\""
                    + colours.get(m) + "\"/>");
            svg.element("text", "y=\"18\" " + Markup.attribute("x", key + 17), measures.get(m));
            key += 40 + 7.6 * measures.get(m).length();
        }
        for (int g = 0; g < groups.size(); g++) {
            double y = TOP + g * (height + GROUP_GAP);
            svg.element(
                    "text",
                    "class=\"label\" text-anchor=\"end\" " + Markup.attribute("x", LEFT - 10)
                            + Markup.attribute("y", y + height / 2 + 4),
                    groups.get(g).name());
            for (int m = 0; m < measures.size(); m++) {
                double share = groups.get(g).shares().get(m);
                double end = axis.at(share);
                svg.raw("<rect " + Markup.attribute("x", LEFT) + Markup.attribute("y", y + m * bar)
                        + Markup.attribute("width", end - LEFT) + Markup.attribute("height", bar - 1.5) + "fill=\""
                        + colours.get(m) + "\"/>");
                svg.element(
                        "text",
                        Markup.attribute("x", end + 5) + Markup.attribute("y", y + m * bar + bar / 2 + 4),
                        Markup.percent(share));
            }
        }
        svg.element(
                "text",
                Markup.attribute("x", LEFT) + Markup.attribute("y", LineChart.HEIGHT - 6),
                "bars begin at " + Markup.percent(from));
        return svg.close("svg").toString();
    }
}
