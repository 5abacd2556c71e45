package io.gramian.models.train;

import java.nio.file.Path;

/** What somebody who watches a training run is told. All methods do nothing by default. */
public interface TrainListener {
    /** Nobody watches. */
    TrainListener NONE = new TrainListener() {};

    /**
     * A step that was taken.
     *
     * @param step its number, from 1
     * @param steps how many there will be
     * @param epoch its epoch, from 0
     * @param loss value of the loss
     * @param imagesPerSecond smoothed speed
     * @param effectiveRank of the last spectrum; NaN before the first
     */
    record Progress(long step, long steps, int epoch, double loss, double imagesPerSecond, double effectiveRank) {}

    /** Training begins, or goes on, at a step. */
    default void started(TrainConfig config, long step, long steps, long parameters) {}

    /** A step was taken. */
    default void step(Progress progress) {}

    /**
     * A collapse begins to show; told once, until it is gone and comes back.
     *
     * @param warning which, and what to try
     * @param step steps that were taken
     */
    default void warned(CollapseWarning warning, long step) {}

    /** A checkpoint lies on the disk. */
    default void saved(Path checkpoint, long step) {}

    /** Training ended. */
    default void finished() {}
}
