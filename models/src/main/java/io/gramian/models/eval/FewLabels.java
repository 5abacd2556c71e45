package io.gramian.models.eval;

import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Linear probe with few labels: {@link LinearProbe} fitted to a share of the training rows, as many of each class as the share
 * says and at least one, drawn by a seed. The accuracy is the mean over {@value #DRAWS} draws, since a draw of a few hundred rows
 * moves it by points.
 */
public final class FewLabels {
    /** Draws that are averaged. */
    static final int DRAWS = 3;

    private FewLabels() {}

    /**
     * Rows of a stratified draw, in their order.
     *
     * @param labels of all rows
     * @param share of each class, above 0 and at most 1, rounded to whole rows; every class that occurs keeps at least one row
     * @param seed of the draw
     * @throws IllegalArgumentException if the share is out of its range
     */
    public static int[] draw(int[] labels, double share, long seed) {
        check(share);
        int classes = Arrays.stream(labels).max().orElse(-1) + 1;
        List<List<Integer>> rows = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            rows.add(new ArrayList<>());
        }
        for (int i = 0; i < labels.length; i++) {
            rows.get(labels[i]).add(i);
        }
        Random random = new Random(seed);
        List<Integer> drawn = new ArrayList<>();
        for (List<Integer> own : rows) {
            Collections.shuffle(own, random);
            int count = own.isEmpty() ? 0 : (int) Math.max(1, Math.round(share * own.size()));
            drawn.addAll(own.subList(0, count));
        }
        return drawn.stream().mapToInt(Integer::intValue).sorted().toArray();
    }

    /** Throws unless a share is above 0 and at most 1. */
    static void check(double share) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException(
                    "share of the labels: expected a number above 0 and at most 1, got " + share);
        }
    }

    /**
     * Mean accuracy on the test rows.
     *
     * @param train features (n, d), float32
     * @param trainLabels their classes, each in [0, classes)
     * @param test features (m, d)
     * @param testLabels their classes
     * @param classes number of classes
     * @param share as in {@link #draw}
     * @param seed of the first draw
     * @throws IllegalArgumentException if shapes or labels do not fit, or a draw has fewer rows than the probe needs
     * @throws io.gramian.GramianException if features are NaN or infinite
     */
    public static double accuracy(
            Tensor train, int[] trainLabels, Tensor test, int[] testLabels, int classes, double share, long seed) {
        Check.matrix("train", train);
        Labels.check(trainLabels, train.shape().size(0), classes);
        double sum = 0;
        for (int draw = 0; draw < DRAWS; draw++) {
            int[] rows = draw(trainLabels, share, seed + draw);
            if (rows.length < LinearProbe.HOLD_OUT) {
                throw new IllegalArgumentException("share of the labels: expected at least " + LinearProbe.HOLD_OUT
                        + " images, got " + rows.length + " with " + share + "; ask for a larger share");
            }
            try (Scope scope = Scope.open()) {
                int[] labels = IntStream.of(rows).map(i -> trainLabels[i]).toArray();
                sum += LinearProbe.evaluate(RowSelection.of(train, rows), labels, test, testLabels, classes)
                        .accuracy();
            }
        }
        return sum / DRAWS;
    }
}
