package io.gramian.models.report;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The colours of the light page, for pictures that stand alone. The same values as in {@code report.css}. */
final class Theme {
    private static final Map<String, String> LIGHT = Map.of(
            "paper", "#fbfbfa",
            "card", "#ffffff",
            "ink", "#1d2126",
            "soft", "#5d6670",
            "hair", "#e4e6e8",
            "grid", "#edeff1",
            "blue", "#2a6fb0",
            "orange", "#c8641b",
            "green", "#1d8a5b",
            "red", "#c4402f");
    private static final Pattern VARIABLE = Pattern.compile("var\\(--(\\w+)\\)");

    private Theme() {}

    /** Markup with values in place of the page's colour variables. */
    static String light(String markup) {
        return VARIABLE.matcher(markup).replaceAll(found -> Matcher.quoteReplacement(colour(found.group(1))));
    }

    /** The light value of a variable. */
    static String colour(String name) {
        String value = LIGHT.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "expected a colour of the page, one of " + LIGHT.keySet() + ", got " + name);
        }
        return value;
    }
}
