package io.gramian.models.report;

import java.util.Arrays;
import java.util.Locale;

/** A singular-value spectrum as text: its measures, a verdict, and bars on a logarithmic scale. */
public final class SpectrumText {
    private static final int ROWS = 24;
    private static final int BAR = 40;
    private static final int DECADES = 6;
    private static final String EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589";
    private static final double RANKME_EPS = 1e-7;

    private SpectrumText() {}

    /**
     * Renders singular values.
     *
     * @param title first line
     * @param singularValues at least 0, in any order; of the uncentred embeddings
     */
    public static String of(String title, double[] singularValues) {
        double[] s = Arrays.stream(singularValues)
                .boxed()
                .sorted((a, b) -> Double.compare(b, a))
                .mapToDouble(v -> v)
                .toArray();
        CollapseVerdict verdict = CollapseVerdict.of(s);
        StringBuilder text = new StringBuilder(title).append('\n');
        if (s.length > 0 && verdict.kind() != CollapseVerdict.Kind.UNKNOWN) {
            measures(text, s, verdict);
            bars(text, s);
        }
        text.append(verdict.kind().title())
                .append(": ")
                .append(verdict.explanation())
                .append('\n');
        return text.append(verdict.advice()).append('\n').toString();
    }

    private static void measures(StringBuilder text, double[] s, CollapseVerdict verdict) {
        double sum = Arrays.stream(s).sum();
        double squares = Arrays.stream(s).map(v -> v * v).sum();
        double fourths = Arrays.stream(s).map(v -> v * v * v * v).sum();
        double rankMe = Math.exp(-Arrays.stream(s)
                .map(v -> v / sum + RANKME_EPS)
                .map(p -> p * Math.log(p))
                .sum());
        line(text, "singular values", String.valueOf(s.length));
        line(text, "largest, smallest", Markup.value(s[0]) + ", " + Markup.value(s[s.length - 1]));
        line(text, "effective rank", Markup.value(verdict.effectiveRank()));
        if (sum > 0) {
            line(text, "RankMe", Markup.value(rankMe));
            line(text, "stable rank", Markup.value(squares / (s[0] * s[0])));
            line(text, "participation ratio", Markup.value(squares * squares / fourths));
        }
        line(text, "condition number", s[s.length - 1] > 0 ? Markup.value(s[0] / s[s.length - 1]) : "infinite");
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "  %-20s %s%n", name, value));
    }

    /** One bar for each of at most {@value #ROWS} ranges of indices: the geometric middle of its values. */
    private static void bars(StringBuilder text, double[] s) {
        text.append(String.format(
                Locale.ROOT, "%n  %11s  %-10s  share of the largest, %d decades%n", "index", "value", DECADES));
        int rows = Math.min(ROWS, s.length);
        for (int row = 0; row < rows; row++) {
            int from = (int) ((long) s.length * row / rows);
            int to = (int) ((long) s.length * (row + 1) / rows);
            double value = s[(from + to - 1) / 2];
            String range = to - from == 1 ? String.valueOf(to) : (from + 1) + "-" + to;
            text.append(
                    String.format(Locale.ROOT, "  %11s  %-10s  %s%n", range, Markup.value(value), bar(value, s[0])));
        }
        text.append('\n');
    }

    /** Full length for the largest value, an empty bar from {@value #DECADES} decades below it. */
    private static String bar(double value, double largest) {
        if (!(value > 0)) {
            return "";
        }
        double share = Math.max(0, 1 + Math.log10(value / largest) / DECADES);
        int eighths = (int) Math.round(share * BAR * 8);
        return "\u2588".repeat(eighths / 8) + (eighths % 8 == 0 ? "" : EIGHTHS.charAt(eighths % 8));
    }
}
