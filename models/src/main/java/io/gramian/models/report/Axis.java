package io.gramian.models.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Maps values to coordinates, linearly or by their logarithm, with round tick values. */
final class Axis {
    /** Where a tick stands and what it says. */
    record Tick(double value, String label) {}

    private final double low;
    private final double high;
    private final boolean logarithmic;
    private final double start;
    private final double end;

    private Axis(double low, double high, boolean logarithmic, double start, double end) {
        this.low = low;
        this.high = high;
        this.logarithmic = logarithmic;
        this.start = start;
        this.end = end;
    }

    /** From {@code low} at coordinate {@code start} to {@code high} at {@code end}; an empty range is widened. */
    static Axis linear(double low, double high, double start, double end) {
        double margin = high > low ? 0 : Math.max(1e-12, Math.abs(low) * 0.1 + 0.05);
        return new Axis(low - margin, high + margin, false, start, end);
    }

    /** As {@link #linear}, by logarithm; {@code low} must be above 0. */
    static Axis logarithmic(double low, double high, double start, double end) {
        double factor = high > low * 1.5 ? 1 : 3;
        return new Axis(low / factor, high * factor, true, start, end);
    }

    /** Coordinate of a value; values outside are moved to the nearest end. */
    double at(double value) {
        double inside = Math.max(low, Math.min(high, value));
        double share = logarithmic
                ? (Math.log(inside) - Math.log(low)) / (Math.log(high) - Math.log(low))
                : (inside - low) / (high - low);
        return start + share * (end - start);
    }

    /** About {@code wanted} round values. */
    List<Tick> ticks(int wanted) {
        return logarithmic ? logTicks(wanted) : linearTicks(wanted);
    }

    private List<Tick> linearTicks(int wanted) {
        double raw = (high - low) / Math.max(1, wanted);
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double unit = raw / power;
        double step = power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10);
        List<Tick> ticks = new ArrayList<>();
        double first = Math.ceil(low / step - 1e-9);
        for (int i = 0; i < 50 && (first + i) * step <= high + step * 1e-9; i++) {
            double value = (first + i) * step;
            ticks.add(new Tick(value, label(value, step)));
        }
        return ticks;
    }

    private static String label(double value, double step) {
        if (Math.abs(value) < step / 2) {
            return "0";
        }
        double size = Math.abs(value);
        if (size >= 1e6 || step < 1e-5) {
            return String.format(Locale.ROOT, "%.1e", value)
                    .replace("e-0", "e-")
                    .replace("e+0", "e");
        }
        int decimals = (int) Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }

    private List<Tick> logTicks(int wanted) {
        int first = (int) Math.ceil(Math.log10(low) - 1e-9);
        int last = (int) Math.floor(Math.log10(high) + 1e-9);
        List<Tick> ticks = new ArrayList<>();
        if (last - first < 1) {
            for (int power = first - 1; power <= last; power++) {
                for (int digit : new int[] {1, 2, 5}) {
                    double value = digit * Math.pow(10, power);
                    if (value >= low && value <= high) {
                        ticks.add(new Tick(value, Markup.value(value)));
                    }
                }
            }
            return ticks;
        }
        int step = Math.max(1, (last - first + wanted) / Math.max(1, wanted));
        for (int power = first; power <= last; power += step) {
            ticks.add(new Tick(
                    Math.pow(10, power),
                    power >= -2 && power <= 3
                            ? Markup.value(Math.pow(10, power)).replaceAll("(\\.\\d*?)0+$", "$1")
                            : "10" + superscript(power)));
        }
        return ticks;
    }

    private static String superscript(int power) {
        StringBuilder text = new StringBuilder();
        for (char c : Integer.toString(power).toCharArray()) {
            text.append(
                    c == '-'
                            ? '\u207b'
                            : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079".charAt(c - '0'));
        }
        return text.toString();
    }
}
