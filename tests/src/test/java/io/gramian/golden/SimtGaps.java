package io.gramian.golden;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cases that the SIMT device does not run, with the reason that the table prints. Each must stop at a kernel that the device
 * lacks: an entry that has become needless fails the test.
 */
final class SimtGaps {
    /** By method, or by method and case where a method has more than one form. */
    private static final Map<String, String> REASONS = Map.ofEntries(
            Map.entry("toy_dimensional_collapse", "trains with layers of autograd, which run on the CPU"));

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

    /** Why the case does not run, or null. */
    static @Nullable String reason(GoldenCase golden) {
        String ofMethod = REASONS.get(golden.method());
        return ofMethod != null ? ofMethod : REASONS.get(golden.method() + "/" + golden.name());
    }
}
