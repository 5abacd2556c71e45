package io.gramian.models.report;

import java.util.Locale;
import java.util.Map;

/**
 * HTML and SVG text in the making. Elements are closed, text is escaped, and a number that is not finite is refused.
 */
final class Markup {
    private final StringBuilder text = new StringBuilder();

    /** Appends markup as it is. */
    Markup raw(String markup) {
        text.append(markup);
        return this;
    }

    /** Appends text, escaped. */
    Markup text(String plain) {
        text.append(escape(plain));
        return this;
    }

    /** Appends {@code <name attributes>content</name>}; content is escaped. */
    Markup element(String name, String attributes, String content) {
        return open(name, attributes).text(content).close(name);
    }

    /** Appends {@code <name attributes>}. */
    Markup open(String name, String attributes) {
        text.append('<')
                .append(name)
                .append(attributes.isEmpty() ? "" : " ")
                .append(attributes)
                .append('>');
        return this;
    }

    /** Appends {@code </name>}. */
    Markup close(String name) {
        text.append("</").append(name).append('>');
        return this;
    }

    /** Opens a section of a page, with its heading; the caller closes it. */
    Markup section(String id, String heading) {
        return open("section", "id=\"" + id + "\"").element("h2", "", heading);
    }

    /** A sentence in smaller type. */
    Markup note(String plain) {
        return element("p", "class=\"note\"", plain);
    }

    /** A picture with words below it. */
    Markup figure(String svg, String caption) {
        return open("figure", "").raw(svg).element("figcaption", "", caption).close("figure");
    }

    /** Names and values, one pair a line. */
    Markup facts(Map<String, String> facts) {
        open("table", "class=\"facts\"");
        facts.forEach((name, value) ->
                open("tr", "").element("th", "", name).element("td", "", value).close("tr"));
        return close("table");
    }

    /** An attribute with a number, as in {@code x="3.25"}. */
    static String attribute(String name, double value) {
        return name + "=\"" + number(value) + "\" ";
    }

    /** A coordinate with at most two decimals. */
    static String number(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("expected a finite coordinate, got " + value);
        }
        double rounded = Math.rint(value * 100) / 100;
        return rounded == Math.rint(rounded)
                ? Long.toString((long) rounded)
                : String.format(Locale.ROOT, "%.2f", rounded).replaceAll("0$", "");
    }

    /** A value for people: four significant digits, powers of ten where they are shorter. */
    static String value(double value) {
        if (Double.isNaN(value)) {
            return "not a number";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "infinite" : "minus infinite";
        }
        double size = Math.abs(value);
        if (size != 0 && (size < 1e-3 || size >= 1e6)) {
            return String.format(Locale.ROOT, "%.2e", value)
                    .replaceAll("e([+-])0?", "e$1")
                    .replace("e+", "e");
        }
        int decimals =
                size >= 1000 || value == Math.rint(value) ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
        String text = String.format(Locale.ROOT, "%,." + decimals + "f", value);
        return decimals == 0 ? text : text.replaceAll("\\.?0+$", "");
    }

    /** As in {@code 87.3 %}. */
    static String percent(double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", share * 100) : "unknown";
    }

    /** As in {@code 4 min 32 s}. */
    static String duration(double seconds) {
        if (!Double.isFinite(seconds)) {
            return "unknown";
        }
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? whole / 60 + " min " + whole % 60 + " s"
                : whole / 3600 + " h " + whole / 60 % 60 + " min";
    }

    static String escape(String plain) {
        StringBuilder escaped = new StringBuilder(plain.length());
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\n', '\t' -> escaped.append(c);
                default -> escaped.append(c < 0x20 || c == 0x7f || Character.isSurrogate(c) ? '\ufffd' : c);
            }
        }
        return escaped.toString();
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
