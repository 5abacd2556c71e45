package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.GraphCheck;
import io.gramian.backend.Deferred;
import io.gramian.backend.Event;
import io.gramian.backend.Fetched;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.Safetensors;
import io.gramian.models.ssl.BatchPass;
import io.gramian.models.ssl.SslNetwork;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The training loop. A step is a function of the state before it, the configuration and its number: a run that was stopped,
 * in whatever way, goes on from its last checkpoint and ends with the same bits.
 */
public final class Pretrainer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pretrainer.class);

    private final TrainConfig config;
    private final RunFolder folder;
    private final DatasetSpec spec;
    private final ImageDataset images;
    private final Device device;
    private final TrainListener listener;
    private final long stepsPerEpoch;
    private final long steps;
    private final TrainState state;
    private final SpectrumProbe probe;
    private final @Nullable OnlineProbe online;
    private final Speed speed = new Speed();
    private boolean captures = true;
    private @Nullable CapturedStep ahead;
    private @Nullable TakenStep pending;
    /** When a GPU was last seen to have ended a step. */
    private long ended = System.nanoTime();

    private long step;
    private double lastLoss = Double.NaN;
    /** Of the gradients before they were limited; NaN if they are not. */
    private double lastNorm = Double.NaN;

    private Pretrainer(
            TrainConfig config,
            RunFolder folder,
            DatasetSpec spec,
            ImageDataset images,
            Device device,
            TrainListener listener) {
        this.config = config;
        this.folder = folder;
        this.spec = spec;
        this.images = images;
        this.device = device;
        this.listener = listener;
        Loading.views(config, spec); // refused before any work
        this.stepsPerEpoch = BatchLoader.stepsPerEpoch(images, config.batch());
        this.steps = Math.multiplyExact(stepsPerEpoch, config.epochs());
        this.state = TrainState.initial(device, config, images.channels(), Loading.size(config, spec), stepsPerEpoch);
        this.probe = SpectrumProbe.of(device, config, spec, images);
        this.online = OnlineProbe.of(device, config, images, state.network());
    }

    /**
     * A run that goes on from the checkpoint in its folder, or begins where there is none.
     *
     * @param spec what is known about the data set
     * @param images what it trains on; stays open
     * @throws GramianException if the checkpoint does not belong to this configuration
     */
    public static Pretrainer of(
            TrainConfig config,
            RunFolder folder,
            DatasetSpec spec,
            ImageDataset images,
            Device device,
            TrainListener listener) {
        LayerPrecision.check(config, device);
        Pretrainer pretrainer = new Pretrainer(config, folder, spec, images, device, listener);
        try {
            pretrainer.restore();
        } catch (RuntimeException failure) {
            pretrainer.close();
            throw failure;
        }
        return pretrainer;
    }

    private void restore() {
        if (!Files.exists(folder.checkpoint())) {
            return;
        }
        Checkpoint checkpoint = Checkpoint.load(folder.checkpoint(), state.tensors());
        if (!checkpoint.digest().equals(config.digest())) {
            throw new GramianException(folder.checkpoint() + " was made with another configuration than "
                    + folder.config() + " (" + checkpoint.differences(config)
                    + "); restore that file, or start a new run");
        }
        if (checkpoint.step() > steps) {
            throw new GramianException(folder.checkpoint() + " is at step " + checkpoint.step() + ", beyond the "
                    + steps + " steps of its configuration");
        }
        step = checkpoint.step();
        state.taken(step);
        if (online != null) {
            online.restore(folder.checkpoint(), step);
        }
    }

    /** The network as it is now. */
    public SslNetwork network() {
        return state.network();
    }

    /** Whether steps on a GPU are captured as a graph, which they are unless this says otherwise; before training. */
    public Pretrainer captureSteps(boolean wanted) {
        captures = wanted;
        return this;
    }

    /** Whether steps are launches of a captured graph by now. */
    public boolean isCaptured() {
        return ahead != null && ahead.isCaptured();
    }

    /**
     * Trains until the epochs are done, the time is over, or somebody asks to stop; saves a checkpoint in each case.
     *
     * @throws GramianException if the loss or its gradient is no longer a number (naming the first tensor that went bad; the
     *     last checkpoint stays, and so do the parameters; a GPU, for which nobody waits in a step, is one step ahead by
     *     then), or a file cannot be written
     */
    public Outcome train(Interruption interruption) {
        listener.started(config, step, steps, parameterCount());
        long start = System.nanoTime();
        long saved = step;
        double waited;
        Outcome.Reason reason = Outcome.Reason.FINISHED;
        try (LayerPrecision precision = LayerPrecision.use(config, device);
                TrainLog log = TrainLog.at(folder, step);
                BatchLoader loader = Loading.training(device, config, spec, images, step)) {
            if (step == 0) {
                spectrum(log);
            }
            while (step < steps) {
                if (interruption.requested()) {
                    reason = Outcome.Reason.INTERRUPTED;
                    break;
                }
                if (config.minutes() > 0 && (System.nanoTime() - start) / 60e9 >= config.minutes()) {
                    reason = Outcome.Reason.TIME_OVER;
                    break;
                }
                if (device.backend().memory().onHost()) {
                    takeStep(loader, log);
                } else {
                    takeStepAhead(loader, log);
                }
                if (checkpointDue()) {
                    save(log);
                    saved = step;
                }
            }
            settle(log);
            if (saved != step || !Files.exists(folder.checkpoint())) {
                save(log);
            }
            waited = loader.waitNanos() / 1e9;
        }
        if (reason != Outcome.Reason.INTERRUPTED) {
            // a fixed order: the same run writes the same bytes
            Map<String, String> metadata = new LinkedHashMap<>();
            metadata.put("step", Long.toString(step));
            metadata.put("config", config.toYaml());
            Safetensors.write(folder.model(), state.network().weights(), metadata);
        }
        listener.finished();
        return new Outcome(reason, step, steps, lastLoss, (System.nanoTime() - start) / 1e9, waited);
    }

    private long parameterCount() {
        return state.learner().parameters().values().stream()
                .mapToLong(parameter -> parameter.value().elements())
                .sum();
    }

    private void takeStep(BatchLoader loader, TrainLog log) {
        long begin = System.nanoTime();
        long waitBefore = loader.waitNanos();
        double rate = state.learningRate(step);
        try (Scope scope = Scope.open();
                Batch batch = loader.next()) {
            state.learner().begin(step);
            differentiate(batch.views());
            state.firstBadGradient().ifPresent(name -> {
                throw diverged(
                        step + 1, "is " + lastLoss + " but its gradient is no number", "the gradient of " + name);
            });
            lastNorm = state.clip().map(Deferred::get).orElse(Double.NaN);
            state.optimise(step);
            state.learner().end(step);
            watch(batch, log);
        }
        step++;
        TrainLog.Pace pace = pace(begin, loader.waitNanos() - waitBefore);
        note(log, step, rate, pace);
        if (spectrumDue()) {
            spectrum(log);
        }
        tell(step, pace.imagesPerSecond());
    }

    /** Loss and gradients of these views. */
    private void differentiate(List<Tensor> views) {
        try (BatchPass pass = state.learner().pass(views, step, config.accumulate())) {
            lastLoss = pass.loss().value().item();
            if (!Double.isFinite(lastLoss)) {
                throw diverged(
                        step + 1, "is " + lastLoss, pass.firstNotFinite().orElse("the loss itself, by overflow"));
            }
            pass.backward();
        }
    }

    /** A step on a GPU. Nobody waits for it: what came of the step before is told when this one is under way. */
    private void takeStepAhead(BatchLoader loader, TrainLog log) {
        long begin = System.nanoTime();
        long waitBefore = loader.waitNanos();
        double rate = state.learningRate(step);
        CapturedStep body = ahead();
        Fetched<Double> loss;
        List<Fetched<Optional<String>>> bad;
        Optional<Fetched<Double>> norm;
        try (Scope scope = Scope.open();
                Batch batch = loader.next()) {
            state.learner().begin(step);
            loss = body.run(batch.views());
            bad = state.fetchBadGradients();
            norm = state.clip().map(Deferred::fetch);
            state.optimise(step);
            state.learner().end(step);
            watch(batch, log);
        }
        step++;
        Event end = device.backend().stream().newEvent();
        device.backend().stream().record(end);
        TakenStep before = pending;
        pending = new TakenStep(step, rate, loss, bad, norm, begin, loader.waitNanos() - waitBefore, end);
        settle(before, log);
        if (spectrumDue()) {
            settle(log);
            spectrum(log);
        }
    }

    private void watch(Batch batch, TrainLog log) {
        if (online != null) {
            online.step(state.network(), batch, step + 1, (int) (step / stepsPerEpoch), log);
        }
    }

    private CapturedStep ahead() {
        CapturedStep body = ahead;
        if (body == null) {
            if (captures && !state.learner().replayable()) {
                LOG.info(
                        "steps of {} are not captured: they draw or count on the host",
                        config.system().name());
            }
            body = new CapturedStep(
                    device.backend().stream(),
                    state.learner().parameters().values(),
                    captures && state.learner().replayable(),
                    views -> state.learner().pass(views, step, config.accumulate()));
            ahead = body;
        }
        return body;
    }

    /** Waits for all steps. */
    private void settle(TrainLog log) {
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
        TrainLog.Pace pace = pace(Math.max(taken.begin(), ended), taken.waited());
        ended = System.nanoTime();
        lastLoss = taken.loss().get();
        lastNorm = taken.gradientNorm().map(Fetched::get).orElse(Double.NaN);
        Optional<String> bad = taken.firstBadGradient();
        if (!Double.isFinite(lastLoss) || bad.isPresent()) {
            throw diverged(
                    taken.step(),
                    Double.isFinite(lastLoss) ? "has a gradient that is no number" : "is " + lastLoss,
                    bad.orElse("the loss itself, by overflow"));
        }
        note(log, taken.step(), taken.rate(), pace);
        tell(taken.step(), pace.imagesPerSecond());
    }

    private TrainLog.Pace pace(long begin, long waited) {
        long nanos = System.nanoTime() - begin;
        return new TrainLog.Pace(nanos / 1e9, speed.add(config.batch(), nanos), waited / 1e9);
    }

    private void note(TrainLog log, long taken, double rate, TrainLog.Pace pace) {
        if (taken % config.record().steps() == 0 || taken == steps) {
            log.step(taken, (int) ((taken - 1) / stepsPerEpoch), lastLoss, lastNorm, rate, pace);
        }
    }

    private void tell(long taken, double imagesPerSecond) {
        int epoch = (int) ((taken - 1) / stepsPerEpoch);
        listener.step(
                new TrainListener.Progress(taken, steps, epoch, lastLoss, imagesPerSecond, probe.lastEffectiveRank()));
    }

    private boolean spectrumDue() {
        int every = config.record().spectrumSteps();
        return every > 0 && (step % every == 0 || step == steps);
    }

    private GramianException diverged(long at, String loss, String first) {
        return Divergence.at(at, loss, first, folder.checkpoint(), config.settings());
    }

    private void spectrum(TrainLog log) {
        if (config.record().spectrumSteps() > 0) {
            SpectrumReading reading = probe.measure(state.network());
            // before training nothing has collapsed: running statistics are those of no batch
            List<CollapseWarning> warnings = step == 0 ? List.of() : CollapseWarning.of(reading);
            log.spectrum(step, (int) (Math.max(0, step - 1) / stepsPerEpoch), reading, warnings);
            probe.fresh(warnings).forEach(warning -> listener.warned(warning, step));
        }
    }

    private boolean checkpointDue() {
        long every = config.record().checkpointSteps() > 0 ? config.record().checkpointSteps() : stepsPerEpoch;
        return step % every == 0;
    }

    private void save(TrainLog log) {
        settle(log);
        state.tensors().forEach((name, tensor) -> {
            if (!GraphCheck.isFinite(tensor)) {
                throw new GramianException("after step " + step + " the first tensor that went bad is " + name + ", "
                        + tensor.shape() + "; the last good checkpoint is kept in " + folder.checkpoint()
                        + "; try a lower learning rate");
            }
        });
        log.flush();
        new Checkpoint(step, config.system().name(), config.digest(), config.toYaml())
                .save(folder.checkpoint(), state.tensors());
        if (online != null) {
            online.save(folder.checkpoint(), step);
        }
        listener.saved(folder.checkpoint(), step);
    }

    @Override
    public void close() {
        if (pending != null) {
            pending.close();
        }
        if (ahead != null) {
            ahead.close();
        }
        probe.close();
        if (online != null) {
            online.close();
        }
        state.close();
    }
}
