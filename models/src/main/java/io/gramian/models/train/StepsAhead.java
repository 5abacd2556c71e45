package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.backend.Deferred;
import io.gramian.backend.Event;
import io.gramian.backend.Fetched;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Steps on a GPU. Nobody waits for one: what came of the step before is told when the next is under way. */
final class StepsAhead implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StepsAhead.class);

    private final Device device;
    private final TrainState state;
    private final StepNews news;
    private final CapturedStep body;
    private @Nullable TakenStep pending;
    /** When a step was last seen to have ended. */
    private long ended = System.nanoTime();

    private long step;

    /** Steps of a run; {@code captured}: as launches of a graph, where the system allows it. */
    StepsAhead(Device device, TrainConfig config, TrainState state, StepNews news, boolean captured) {
        this.device = device;
        this.state = state;
        this.news = news;
        boolean replayable = state.learner().replayable();
        if (captured && !replayable) {
            LOG.info(
                    "steps of {} are not captured: they draw or count on the host",
                    config.system().name());
        }
        body = new CapturedStep(
                device.backend().stream(),
                state.learner().parameters().values(),
                captured && replayable,
                views -> state.learner().pass(views, step, config.accumulate()));
    }

    /** Whether steps are launches of a captured graph by now. */
    boolean isCaptured() {
        return body.isCaptured();
    }

    /**
     * Gives the device a step, from 0, with the next batch, which is then shown to {@code watch}; tells of the step before, and
     * lets what came of its watching write to the log.
     */
    void take(long number, BatchLoader loader, Function<Batch, Consumer<TrainLog>> watch, TrainLog log) {
        step = number;
        long begin = System.nanoTime();
        long waitBefore = loader.waitNanos();
        Fetched<Double> loss;
        List<Fetched<Optional<String>>> bad;
        Optional<Fetched<Double>> norm;
        Consumer<TrainLog> watched;
        try (Scope scope = Scope.open();
                Batch batch = loader.next()) {
            state.learner().begin(step);
            loss = body.run(batch.views());
            bad = state.fetchBadGradients();
            norm = state.clip().map(Deferred::fetch);
            state.optimise(step);
            state.learner().end(step);
            watched = watch.apply(batch);
        }
        Event end = device.backend().stream().newEvent();
        device.backend().stream().record(end);
        TakenStep before = pending;
        pending = new TakenStep(
                step + 1,
                state.learningRate(step),
                loss,
                bad,
                norm,
                watched,
                begin,
                loader.waitNanos() - waitBefore,
                end);
        settle(before, log);
    }

    /** Lets what was measured after the last step that was given write to the log when that step is told. */
    void alsoTell(Consumer<TrainLog> more) {
        TakenStep last = Objects.requireNonNull(pending);
        pending = last.telling(more);
    }

    /** Waits for all steps. */
    void settle(TrainLog log) {
        TakenStep last = pending;
        pending = null;
        settle(last, log);
    }

    /**
     * Waits for the end of a step, checks and tells its numbers. The step took from the end of the one before it, or from its
     * own beginning if the device had nothing to do until then.
     */
    private void settle(@Nullable TakenStep taken, TrainLog log) {
        if (taken == null) {
            return;
        }
        taken.await();
        TrainLog.Pace pace = news.pace(Math.max(taken.begin(), ended), taken.waited());
        ended = System.nanoTime();
        double loss = taken.loss().get();
        double norm = taken.gradientNorm().map(Fetched::get).orElse(Double.NaN);
        Optional<String> bad = taken.firstBadGradient();
        if (!Double.isFinite(loss) || bad.isPresent()) {
            throw news.diverged(
                    taken.step(),
                    Double.isFinite(loss) ? "has a gradient that is no number" : "is " + loss,
                    bad.orElse("the loss itself, by overflow"));
        }
        news.note(log, taken.step(), taken.rate(), loss, norm, pace);
        taken.watched().accept(log);
        ended = System.nanoTime(); // what was measured between two steps is part of neither
        news.tell(taken.step(), pace);
    }

    @Override
    public void close() {
        if (pending != null) {
            pending.close();
        }
        body.close();
    }
}
