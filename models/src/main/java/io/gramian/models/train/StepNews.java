package io.gramian.models.train;

import io.gramian.GramianException;
import java.nio.file.Path;

/** What is told of steps that are over: their metrics, their progress, and the end of a run that has left the numbers. */
final class StepNews {
    private final TrainConfig config;
    private final Path checkpoint;
    private final TrainListener listener;
    private final SpectrumProbe probe;
    private final long stepsPerEpoch;
    private final long steps;
    private final Speed speed = new Speed();
    private double lastLoss = Double.NaN;

    /** News of a run of so many steps, of which an epoch has so many. */
    StepNews(
            TrainConfig config,
            Path checkpoint,
            TrainListener listener,
            SpectrumProbe probe,
            long stepsPerEpoch,
            long steps) {
        this.config = config;
        this.checkpoint = checkpoint;
        this.listener = listener;
        this.probe = probe;
        this.stepsPerEpoch = stepsPerEpoch;
        this.steps = steps;
    }

    /** The pace of a step that began then and is over now, in nanoseconds. */
    TrainLog.Pace pace(long begin, long waited) {
        long nanos = System.nanoTime() - begin;
        return new TrainLog.Pace(nanos / 1e9, speed.add(config.batch(), nanos), waited / 1e9);
    }

    /** Writes a step's metrics; {@code norm} is NaN where gradients are not limited. */
    void note(TrainLog log, long taken, double rate, double loss, double norm, TrainLog.Pace pace) {
        lastLoss = loss;
        if (taken % config.record().steps() == 0 || taken == steps) {
            log.step(taken, epoch(taken), loss, norm, rate, pace);
        }
    }

    /** Tells whoever watches of the step that was noted last. */
    void tell(long taken, TrainLog.Pace pace) {
        listener.step(new TrainListener.Progress(
                taken, steps, epoch(taken), lastLoss, pace.imagesPerSecond(), probe.lastEffectiveRank()));
    }

    /** Epoch, from 0, of a step, from 1. */
    int epoch(long taken) {
        return (int) ((taken - 1) / stepsPerEpoch);
    }

    /** Of the step that was noted last; NaN before. */
    double lastLoss() {
        return lastLoss;
    }

    /** The end of a run: what became of the loss of a step, and what went bad first. */
    GramianException diverged(long step, String loss, String first) {
        return Divergence.at(step, loss, first, checkpoint, config.settings());
    }
}
