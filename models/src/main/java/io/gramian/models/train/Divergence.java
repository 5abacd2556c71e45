package io.gramian.models.train;

import io.gramian.GramianException;
import io.gramian.models.config.Settings;
import java.nio.file.Files;
import java.nio.file.Path;

/** What to say when training has gone where there are no numbers. */
final class Divergence {
    private Divergence() {}

    /**
     * The end of a run.
     *
     * @param step number of the step, from 1
     * @param loss what became of it, as in {@code is NaN}
     * @param first what went bad first
     * @param checkpoint of the run, which may not be there yet
     */
    static GramianException at(long step, String loss, String first, Path checkpoint, Settings settings) {
        String kept = Files.exists(checkpoint)
                ? "the last good checkpoint is kept in " + checkpoint
                : "no checkpoint had been made yet";
        return new GramianException("the loss of step " + step + " " + loss
                + "; the first tensor that went bad is " + first + "; " + kept
                + "; try a lower learning rate, such as --set optimizer.learning_rate="
                + settings.number("optimizer.learning_rate") / 10);
    }
}
