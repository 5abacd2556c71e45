package io.gramian.models.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cells in columns, as plain text or as Markdown. The first so many columns are texts, the others numbers. */
final class TextTable {
    private final int texts;
    private final List<List<String>> rows = new ArrayList<>();

    /** A table with this heading. */
    TextTable(int texts, List<String> heading) {
        this.texts = texts;
        rows.add(List.copyOf(heading));
    }

    /** Adds a row with as many cells as the heading. */
    TextTable row(List<String> cells) {
        if (cells.size() != rows.get(0).size()) {
            throw new IllegalArgumentException(
                    "cells: expected " + rows.get(0).size() + " of them, got " + cells.size());
        }
        rows.add(List.copyOf(cells));
        return this;
    }

    /** Columns two blanks apart; one line a row. */
    String plain() {
        int[] widths = new int[rows.get(0).size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String blanks = " ".repeat(widths[i] - row.get(i).length());
                line.append(i == 0 ? "" : "  ").append(i < texts ? row.get(i) + blanks : blanks + row.get(i));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** As a Markdown table. */
    String markdown() {
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            text.append("| ")
                    .append(String.join(
                            " | ",
                            rows.get(r).stream()
                                    .map(cell -> cell.replace("|", "\\|"))
                                    .toList()))
                    .append(" |\n");
            if (r == 0) {
                String[] rules = new String[rows.get(0).size()];
                Arrays.setAll(rules, i -> i < texts ? "--" : "--:");
                text.append('|').append(String.join("|", rules)).append("|\n");
            }
        }
        return text.toString();
    }
}
