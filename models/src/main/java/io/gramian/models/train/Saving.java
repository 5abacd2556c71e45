package io.gramian.models.train;

import io.gramian.GramianException;
import io.gramian.autograd.GraphCheck;
import io.gramian.models.format.Safetensors;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a run keeps in its folder: checkpoints to go on from, and the trained network. */
final class Saving {
    private final TrainConfig config;
    private final RunFolder folder;
    private final TrainState state;
    private final @Nullable OnlineProbe online;

    Saving(TrainConfig config, RunFolder folder, TrainState state, @Nullable OnlineProbe online) {
        this.config = config;
        this.folder = folder;
        this.state = state;
        this.online = online;
    }

    /**
     * Takes over the last checkpoint, if there is one; the step that it was made after, 0 without.
     *
     * @param steps of the whole run
     * @throws GramianException if it is damaged, or beyond the run's end
     */
    long restore(long steps) {
        if (!Files.exists(folder.checkpoint())) {
            return 0;
        }
        Checkpoint checkpoint = Checkpoint.load(folder.checkpoint(), state.tensors());
        long step = checkpoint.step();
        if (step > steps) {
            throw new GramianException(folder.checkpoint() + " is at step " + step + ", beyond the " + steps
                    + " steps of its configuration");
        }
        state.taken(step);
        if (online != null) {
            online.restore(folder.checkpoint(), step);
        }
        return step;
    }

    /**
     * Writes a checkpoint.
     *
     * @throws GramianException if the state is no longer one of numbers, naming the first tensor; the old checkpoint is kept
     */
    void checkpoint(long step, TrainLog log) {
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
    }

    /** Writes the network as it is after a step. */
    void model(long step) {
        // a fixed order: the same run writes the same bytes
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("step", Long.toString(step));
        metadata.put("config", config.toYaml());
        Safetensors.write(folder.model(), state.network().weights(), metadata);
    }
}
