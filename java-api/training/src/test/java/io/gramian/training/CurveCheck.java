package io.gramian.training;

import static org.assertj.core.api.Assertions.assertThat;

/** Whether a trainer's losses are ours. */
public final class CurveCheck {
    /** 300 steps of float32: sums in another order, whose differences training carries on. A share of the loss. */
    private static final double TOLERANCE = 1e-3;

    private CurveCheck() {}

    /**
     * The losses of all steps agree, and training lowered them.
     *
     * @param ours from our own engine
     * @param theirs from the trainer, same start and batches
     */
    public static void same(double[] ours, double[] theirs) {
        assertThat(theirs).hasSameSizeAs(ours);
        double worst = 0;
        for (int step = 0; step < ours.length; step++) {
            double difference = Math.abs(ours[step] - theirs[step]) / Math.abs(ours[step]);
            assertThat(difference)
                    .as("step %d: ours %s, theirs %s", step, ours[step], theirs[step])
                    .isLessThanOrEqualTo(TOLERANCE);
            worst = Math.max(worst, difference);
        }
        System.out.printf(
                "%d losses from %.4f to %.4f, at most %.1e apart%n",
                ours.length, ours[0], ours[ours.length - 1], worst);
        assertThat(mean(theirs, theirs.length - 20))
                .as("mean of the last 20 losses")
                .isLessThan(0.95 * mean(theirs, 0));
    }

    private static double mean(double[] losses, int from) {
        double sum = 0;
        for (int i = from; i < from + 20; i++) {
            sum += losses[i];
        }
        return sum / 20;
    }
}
