package io.gramian.models.report;

import io.gramian.spectrum.CollapseVerdict;
import io.gramian.spectrum.Spectrum;
import java.util.Locale;

/** A singular-value spectrum as text: its measures, a verdict, and bars on a logarithmic scale. */
public final class SpectrumText {
    private static final int ROWS = 24;
    private static final int BAR = 40;
    private static final int DECADES = 6;
    private static final String EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589";

    private SpectrumText() {}

    /**
     * Renders singular values.
     *
     * @param title first line
     * @param singularValues at least 0, in any order; of the uncentred embeddings
     */
    public static String of(String title, double[] singularValues) {
        CollapseVerdict verdict = CollapseVerdict.of(singularValues);
        StringBuilder text = new StringBuilder(title).append('\n');
        if (verdict.kind() != CollapseVerdict.Kind.UNKNOWN) {
            Spectrum spectrum = Spectrum.ofValues(singularValues);
            measures(text, spectrum);
            bars(text, spectrum.singularValues());
        }
        text.append(verdict.kind().title())
                .append(": ")
                .append(verdict.explanation())
                .append('\n');
        return text.append(verdict.advice()).append('\n').toString();
    }

    private static void measures(StringBuilder text, Spectrum spectrum) {
        double[] s = spectrum.singularValues();
        line(text, "singular values", String.valueOf(s.length));
        line(text, "largest, smallest", Markup.value(s[0]) + ", " + Markup.value(s[s.length - 1]));
        line(text, "effective rank", Markup.value(spectrum.effectiveRank()));
        if (s[0] > 0) {
            line(text, "RankMe", Markup.value(spectrum.rankMe()));
            line(text, "stable rank", Markup.value(spectrum.stableRank()));
            line(text, "participation ratio", Markup.value(spectrum.participationRatio()));
        }
        double condition = spectrum.conditionNumber();
        line(text, "condition number", Double.isInfinite(condition) ? "infinite" : Markup.value(condition));
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
