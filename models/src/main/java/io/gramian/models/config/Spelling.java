package io.gramian.models.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** The word somebody probably meant: edit distance with adjacent transpositions. */
public final class Spelling {
    /** Fewer letters are the beginning of too many words. */
    private static final int BEGINNING = 3;

    private Spelling() {}

    /**
     * The candidate nearest to a word, within a third of its length (at least one edit); otherwise the first that begins with the
     * word, as in moco; otherwise null.
     */
    public static @Nullable String nearest(String word, Collection<String> candidates) {
        String best = null;
        int bound = Math.max(1, word.length() / 3);
        for (String candidate : candidates) {
            int distance = distance(fold(word), fold(candidate));
            if (distance <= bound) {
                bound = distance - 1;
                best = candidate;
            }
        }
        return best != null || word.length() < BEGINNING
                ? best
                : candidates.stream()
                        .filter(candidate -> fold(candidate).startsWith(fold(word)))
                        .findFirst()
                        .orElse(null);
    }

    private static String fold(String word) {
        return word.toLowerCase(java.util.Locale.ROOT).replace('-', '_');
    }

    /** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other. */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
