package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Deferred;
import io.gramian.backend.Fetched;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.ssl.BatchPass;
import io.gramian.models.ssl.SslNetwork;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The training loop. A step is a function of the state before it, the configuration and its number: a run that was stopped,
 * in whatever way, goes on from its last checkpoint and ends with the same bits.
 */
public final class Pretrainer implements AutoCloseable {
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
    private final Saving saving;
    private final StepNews news;
    private boolean captures = true;
    private @Nullable StepsAhead ahead;
    private long step;

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
        this.saving = new Saving(config, folder, state, online);
        this.news = new StepNews(config, folder.checkpoint(), listener, probe, stepsPerEpoch, steps);
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
        Checkpoint.check(folder, config);
        Pretrainer pretrainer = new Pretrainer(config, folder, spec, images, device, listener);
        try {
            pretrainer.step = pretrainer.saving.restore(pretrainer.steps);
        } catch (RuntimeException failure) {
            pretrainer.close();
            throw failure;
        }
        return pretrainer;
    }

    /**
     * Makes what a run begins with, and drops it, where settings name parameters or a file to start from: names and files that
     * do not fit are found before there is a folder.
     *
     * @throws GramianException if the file does not fit
     * @throws io.gramian.models.config.ConfigException if a name means nothing
     */
    public static void rehearse(TrainConfig config, DatasetSpec spec, ImageDataset images, Device device) {
        if (OptimizerSettings.hasNames(config.optimizer())
                || !config.settings().text("network.init").isEmpty()) {
            TrainState.initial(device, config, images.channels(), Loading.size(config, spec), 1)
                    .close();
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
            if (step == 0 && spectrumDue()) {
                spectrum().accept(log);
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
                    ahead().take(step, loader, this::watch, log);
                    step++;
                    if (spectrumDue()) {
                        ahead().alsoTell(spectrum());
                    }
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
            saving.model(step);
        }
        listener.finished();
        return new Outcome(reason, step, steps, news.lastLoss(), (System.nanoTime() - start) / 1e9, waited);
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
        double loss;
        double norm;
        Consumer<TrainLog> watched;
        try (Scope scope = Scope.open();
                Batch batch = loader.next()) {
            state.learner().begin(step);
            loss = differentiate(batch.views());
            state.firstBadGradient().ifPresent(name -> {
                throw news.diverged(
                        step + 1, "is " + loss + " but its gradient is no number", "the gradient of " + name);
            });
            norm = state.clip().map(Deferred::get).orElse(Double.NaN);
            state.optimise(step);
            state.learner().end(step);
            watched = watch(batch);
        }
        step++;
        TrainLog.Pace pace = news.pace(begin, loader.waitNanos() - waitBefore);
        news.note(log, step, rate, loss, norm, pace);
        watched.accept(log);
        if (spectrumDue()) {
            spectrum().accept(log);
        }
        news.tell(step, pace);
    }

    /** The loss of these views; leaves its gradients with the parameters. */
    private double differentiate(List<Tensor> views) {
        try (BatchPass pass = state.learner().pass(views, step, config.accumulate())) {
            double loss = pass.loss().value().item();
            if (!Double.isFinite(loss)) {
                throw news.diverged(
                        step + 1, "is " + loss, pass.firstNotFinite().orElse("the loss itself, by overflow"));
            }
            pass.backward();
            return loss;
        }
    }

    private StepsAhead ahead() {
        StepsAhead made = ahead;
        if (made == null) {
            made = new StepsAhead(device, config, state, news, captures);
            ahead = made;
        }
        return made;
    }

    /** Waits for steps that are under way. */
    private void settle(TrainLog log) {
        if (ahead != null) {
            ahead.settle(log);
        }
    }

    /** Shows a batch to the probe that learns beside the network, in its step; what is returned writes to the log. */
    private Consumer<TrainLog> watch(Batch batch) {
        return online == null ? log -> {} : online.step(state.network(), batch, step + 1, (int) (step / stepsPerEpoch));
    }

    private boolean spectrumDue() {
        int every = config.record().spectrumSteps();
        return every > 0 && (step % every == 0 || step == steps);
    }

    /** Measures the spectra after the last step; what is returned writes them to the log when they have come. */
    private Consumer<TrainLog> spectrum() {
        long taken = step;
        Fetched<SpectrumReading> coming = probe.measure(state.network());
        return log -> {
            SpectrumReading reading = coming.get();
            // before training nothing has collapsed: running statistics are those of no batch
            List<CollapseWarning> warnings = taken == 0 ? List.of() : CollapseWarning.of(reading);
            log.spectrum(taken, news.epoch(Math.max(1, taken)), reading, warnings);
            probe.fresh(reading, warnings).forEach(warning -> listener.warned(warning, taken));
        };
    }

    private boolean checkpointDue() {
        long every = config.record().checkpointSteps() > 0 ? config.record().checkpointSteps() : stepsPerEpoch;
        return step % every == 0;
    }

    private void save(TrainLog log) {
        settle(log);
        saving.checkpoint(step, log);
        listener.saved(folder.checkpoint(), step);
    }

    @Override
    public void close() {
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
