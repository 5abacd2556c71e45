package io.gramian.training;

import static org.assertj.core.api.Assertions.assertThat;

/** Whether a trainer's losses are ours. */
public final class CurveCheck {
    private CurveCheck() {}

    /**
     * The losses of all steps agree, and training lowered them.
     *
     * @param ours from our own engine
     * @param theirs from the trainer, same start and batches
     * @param tolerance largest difference of a loss, as a share of it
     */
    public static void same(double[] ours, double[] theirs, double tolerance) {
        assertThat(theirs).hasSameSizeAs(ours);
        double worst = 0;
        for (int step = 0; step < ours.length; step++) {
            double difference = Math.abs(ours[step] - theirs[step]) / Math.abs(ours[step]);
            assertThat(difference)
                    .as("step %d: ours %s, theirs %s", step, ours[step], theirs[step])
                    .isLessThanOrEqualTo(tolerance);
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
