package io.gramian.models.train;

/**
 * How a training run ended.
 *
 * @param reason why
 * @param step steps taken in all
 * @param steps steps that the configuration asks for
 * @param loss the last value; NaN if no step was taken
 * @param seconds time of this process's part
 * @param waitSeconds part of it in which the loop waited for images
 */
public record Outcome(Reason reason, long step, long steps, double loss, double seconds, double waitSeconds) {
    /** Why training ended. */
    public enum Reason {
        /** All epochs are done. */
        FINISHED,
        /** The time that the configuration allows is over. */
        TIME_OVER,
        /** Ctrl-C. */
        INTERRUPTED
    }
}
