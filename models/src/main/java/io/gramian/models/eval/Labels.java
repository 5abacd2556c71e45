package io.gramian.models.eval;

/** Class labels as arrays of int. */
final class Labels {
    private Labels() {}

    /** Throws unless there is one label a row, each in [0, classes). */
    static void check(int[] labels, long rows, int classes) {
        if (labels.length != rows) {
            throw new IllegalArgumentException(
                    "labels: expected one for each of " + rows + " rows, got " + labels.length);
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes) {
                throw new IllegalArgumentException(
                        "labels: expected classes from 0 to " + (classes - 1) + ", got " + labels[i] + " at row " + i);
            }
        }
    }

    /** Share of equal entries, in [0, 1]. */
    static double agreement(int[] predicted, int[] labels) {
        int hits = 0;
        for (int i = 0; i < labels.length; i++) {
            hits += predicted[i] == labels[i] ? 1 : 0;
        }
        return (double) hits / labels.length;
    }

    /** Position of the largest value; the first one of several. */
    static int largest(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}
