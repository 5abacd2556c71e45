package io.gramian.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import io.gramian.Scope;
import io.gramian.spectrum.Diagnosis;
import io.gramian.spectrum.EmbeddingWatch;
import java.util.function.ObjLongConsumer;

/**
 * Tells of the rank of the embeddings, and of their collapse by name, while a DJL trainer trains: {@link EmbeddingWatch} on the
 * first prediction of every so many batches. What runs in the batches between costs nothing.
 *
 * <pre>{@code
 * config.addTrainingListeners(CollapseListener.every(100));
 * }</pre>
 *
 * <p>With several devices, those of the first are looked at. Works with any loss, ours or DJL's.
 */
public final class CollapseListener extends TrainingListenerAdapter {
    private final EmbeddingWatch watch;

    private CollapseListener(EmbeddingWatch watch) {
        this.watch = watch;
    }

    /**
     * A listener that logs.
     *
     * @param interval batches from one look to the next, at least 1
     */
    public static CollapseListener every(long interval) {
        return new CollapseListener(EmbeddingWatch.every(interval));
    }

    /**
     * A listener that logs and tells.
     *
     * @param interval as in {@link #every(long)}
     * @param consumer receives each diagnosis with the number of its batch, from 0
     */
    public static CollapseListener every(long interval, ObjLongConsumer<Diagnosis> consumer) {
        return new CollapseListener(EmbeddingWatch.every(interval, consumer));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the first prediction is no open, dense FLOAT32 matrix of the PyTorch engine
     */
    @Override
    public void onTrainingBatch(Trainer trainer, BatchData data) {
        if (!watch.due()) {
            return;
        }
        NDList predictions = data.getPredictions().get(trainer.getDevices()[0]);
        if (predictions == null || predictions.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected predictions of " + trainer.getDevices()[0] + " in the data of the batch, got none");
        }
        NDArray embeddings = predictions.get(0);
        BorrowedArray.check("predictions[0]", embeddings);
        try (Scope scope = Scope.open()) {
            watch.look(BorrowedArray.read(embeddings));
        }
    }
}
