package io.gramian.golden;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Cases run and worst errors, by method and by what ran them; and the cases that something could not run, with the reason. */
final class GoldenTable {
    private static final class Cell {
        int cases;
        final Score worst = new Score();
    }

    private final Map<String, Map<String, Cell>> rows = new TreeMap<>();
    private final Set<String> columns = new LinkedHashSet<>();
    private final Map<String, Long> nanoseconds = new LinkedHashMap<>();
    private final Map<String, Map<String, Integer>> reasons = new LinkedHashMap<>();

    /** A case that ran, in this time. */
    void ran(GoldenCase golden, String column, Score score, long duration) {
        columns.add(column);
        nanoseconds.merge(column, duration, Long::sum);
        Cell cell = rows.computeIfAbsent(golden.method(), method -> new TreeMap<>())
                .computeIfAbsent(column, name -> new Cell());
        cell.cases++;
        cell.worst.add(score);
    }

    /** A case that cannot run there. */
    void missed(GoldenCase golden, String column, String reason) {
        columns.add(column);
        reasons.computeIfAbsent(column, name -> new TreeMap<>())
                .merge(golden.method() + ": " + reason, 1, Integer::sum);
    }

    /** One line per method with the largest relative errors of value and gradient, then what did not run. */
    String text() {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-32s", "method"));
        columns.forEach(
                column -> text.append(String.format(Locale.ROOT, "  %5s %-8s %-8s", column, "value", "gradient")));
        rows.forEach((method, cells) -> {
            text.append(String.format(Locale.ROOT, "%n%-32s", method));
            for (String column : columns) {
                text.append(
                        cells.containsKey(column) ? cell(cells.get(column)) : "  %5s %-8s %-8s".formatted("-", "", ""));
            }
        });
        for (String column : columns) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%s: %d cases run in %.1f s",
                    column,
                    rows.values().stream()
                            .mapToInt(cells -> cells.containsKey(column) ? cells.get(column).cases : 0)
                            .sum(),
                    nanoseconds.getOrDefault(column, 0L) / 1e9));
            reasons.getOrDefault(column, Map.of())
                    .forEach((reason, cases) ->
                            text.append(String.format(Locale.ROOT, "%n  not run: %d of %s", cases, reason)));
        }
        return text.append(System.lineSeparator()).toString();
    }

    private static String cell(Cell cell) {
        // a method without gradients (augmentations, schedules) has none to be wrong
        String gradient = cell.worst.hasGradient() ? String.format(Locale.ROOT, "%.1e", cell.worst.gradient()) : "";
        return String.format(Locale.ROOT, "  %5d %-8.1e %-8s", cell.cases, cell.worst.value(), gradient);
    }
}
