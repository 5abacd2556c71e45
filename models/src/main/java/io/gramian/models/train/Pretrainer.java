package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.autograd.GraphCheck;
import io.gramian.autograd.Variable;
import io.gramian.models.data.Batch;
import io.gramian.models.data.BatchLoader;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.Safetensors;
import io.gramian.models.ssl.SslNetwork;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;

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
    private final Speed speed = new Speed();
    private long step;
    private double lastLoss = Double.NaN;

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
        this.stepsPerEpoch = BatchLoader.stepsPerEpoch(images, config.batch());
        this.steps = Math.multiplyExact(stepsPerEpoch, config.epochs());
        this.state = TrainState.initial(device, config, images.channels(), stepsPerEpoch);
        this.probe = SpectrumProbe.of(device, config, spec, images);
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
                    + folder.config() + "; restore that file, or start a new run");
        }
        if (checkpoint.step() > steps) {
            throw new GramianException(folder.checkpoint() + " is at step " + checkpoint.step() + ", beyond the "
                    + steps + " steps of its configuration");
        }
        step = checkpoint.step();
        state.taken(step);
    }

    /** The network as it is now. */
    public SslNetwork network() {
        return state.network();
    }

    /**
     * Trains until the epochs are done, the time is over, or somebody asks to stop; saves a checkpoint in each case.
     *
     * @throws GramianException if the loss or its gradient is no longer a number (naming the first tensor that went bad; the
     *     last checkpoint stays, and so do the parameters), or a file cannot be written
     */
    public Outcome train(Interruption interruption) {
        listener.started(config, step, steps, parameterCount());
        long start = System.nanoTime();
        long saved = step;
        double waited;
        Outcome.Reason reason = Outcome.Reason.FINISHED;
        try (TrainLog log = TrainLog.at(folder, step);
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
                takeStep(loader, log);
                if (checkpointDue()) {
                    save(log);
                    saved = step;
                }
            }
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
            Variable value = state.learner().loss(batch.views(), step);
            lastLoss = value.value().item();
            if (!Double.isFinite(lastLoss)) {
                throw diverged(
                        "is " + lastLoss,
                        GraphCheck.firstNotFinite(value, state.learner().parameters())
                                .orElse("the loss itself, by overflow"));
            }
            value.backward();
            state.firstBadGradient().ifPresent(name -> {
                throw diverged("is " + lastLoss + " but its gradient is no number", "the gradient of " + name);
            });
            state.optimise(step);
            state.learner().end(step);
        }
        int epoch = (int) (step / stepsPerEpoch);
        step++;
        double imagesPerSecond = speed.add(config.batch(), System.nanoTime() - begin);
        if (step % config.record().steps() == 0 || step == steps) {
            log.step(step, epoch, lastLoss, rate, imagesPerSecond, (loader.waitNanos() - waitBefore) / 1e9);
        }
        int every = config.record().spectrumSteps();
        if (every > 0 && (step % every == 0 || step == steps)) {
            spectrum(log);
        }
        listener.step(
                new TrainListener.Progress(step, steps, epoch, lastLoss, imagesPerSecond, probe.lastEffectiveRank()));
    }

    private GramianException diverged(String loss, String first) {
        String kept = Files.exists(folder.checkpoint())
                ? "the last good checkpoint is kept in " + folder.checkpoint()
                : "no checkpoint had been made yet";
        return new GramianException("the loss of step " + (step + 1) + " " + loss
                + "; the first tensor that went bad is " + first + "; " + kept
                + "; try a lower learning rate, such as --set optimizer.learning_rate="
                + config.settings().number("optimizer.learning_rate") / 10);
    }

    private void spectrum(TrainLog log) {
        if (config.record().spectrumSteps() > 0) {
            probe.measure(state.network(), log, step, (int) (Math.max(0, step - 1) / stepsPerEpoch));
        }
    }

    private boolean checkpointDue() {
        long every = config.record().checkpointSteps() > 0 ? config.record().checkpointSteps() : stepsPerEpoch;
        return step % every == 0;
    }

    private void save(TrainLog log) {
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
        listener.saved(folder.checkpoint(), step);
    }

    @Override
    public void close() {
        probe.close();
        state.close();
    }
}
