package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Cases that the SIMT device leaves out to save time; there is none that it could not run. */
final class SimtGaps {
    /** What is left out without {@code -Dgramian.golden.simt=all}: 2^28 products of one Gram matrix take ten seconds and more. */
    private static final long SLOW = 1L << 28;

    private SimtGaps() {}

    /** Why the case is left out to save time, or null. Both sides of a Gram matrix run, so the larger one counts. */
    static @Nullable String slow(GoldenCase golden) {
        JsonNode recipe = golden.root().path("recipe");
        long rows = recipe.path("rows").asLong();
        long columns = recipe.path("cols").asLong();
        boolean all = System.getProperty("gramian.golden.simt", "").equals("all");
        return all || rows * columns * Math.max(rows, columns) < SLOW
                ? null
                : golden.name() + " is slow, run it with -Dgramian.golden.simt=all";
    }
}
