package io.gramian.benchmarks;

import java.util.List;

/**
 * One kernel beside its peers.
 *
 * @param name name of the work, as in {@code nt-xent}
 * @param shapes rows and columns that are timed, as in {@code 256x8192}
 * @param checked small shapes on which the sides have to agree first
 * @param tolerance largest norm of the difference of a result, as a share of its norm
 * @param oneCall whether one call is long enough for an iteration
 * @param sides who does it: {@link #OURS}, then the peers
 */
record Comparison(
        String name, List<String> shapes, List<String> checked, double tolerance, boolean oneCall, List<Side> sides) {
    /** The side that is not a peer. */
    static final String OURS = "gramian";

    /** Makes the work of one side, with its data. */
    @FunctionalInterface
    interface Maker {
        Workload make(int rows, int columns);
    }

    /** Who does the work, and how it is made. */
    record Side(String name, Maker maker) {}

    /** The work of a side at a shape. */
    Workload create(String who, String shape) {
        String[] sizes = shape.split("x");
        for (Side side : sides) {
            if (side.name().equals(who)) {
                return side.maker().make(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]));
            }
        }
        throw new IllegalArgumentException(name + ": expected one of " + sideNames() + ", got " + who);
    }

    List<String> sideNames() {
        return sides.stream().map(Side::name).toList();
    }
}
