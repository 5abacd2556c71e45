package io.gramian.dl4j;

import io.gramian.Scope;
import io.gramian.backend.SharedBlas;
import io.gramian.spectrum.Diagnosis;
import io.gramian.spectrum.EmbeddingWatch;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tells of the rank of the embeddings, and of their collapse by name, while a network of Deeplearning4j trains:
 * {@link EmbeddingWatch} on the activations of one layer in every so many iterations. What runs in the iterations between costs
 * nothing.
 *
 * <pre>{@code
 * graph.setListeners(CollapseListener.every("embedding", 100));
 * }</pre>
 *
 * <p>Works with any loss, ours or Deeplearning4j's.
 */
public final class CollapseListener extends BaseTrainingListener {
    private final String layer;
    private final EmbeddingWatch watch;

    private CollapseListener(String layer, EmbeddingWatch watch) {
        this.layer = layer;
        this.watch = watch;
    }

    /**
     * A listener that logs.
     *
     * @param layer name of the layer, or vertex, of a {@code ComputationGraph} whose activations are the embeddings; not the
     *     output layer, whose activations training does not compute. In a {@code MultiLayerNetwork}, its index
     * @param interval iterations from one look to the next, at least 1
     */
    public static CollapseListener every(String layer, long interval) {
        return new CollapseListener(layer, EmbeddingWatch.every(interval));
    }

    /**
     * A listener that logs and tells.
     *
     * @param layer as in {@link #every(String, long)}
     * @param interval as in {@link #every(String, long)}
     * @param consumer receives each diagnosis with the number of its iteration, from 0
     */
    public static CollapseListener every(String layer, long interval, ObjLongConsumer<Diagnosis> consumer) {
        return new CollapseListener(layer, EmbeddingWatch.every(interval, consumer));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if there is no such layer, or its activations are no open FLOAT matrix of the CPU
     */
    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
        INDArray embeddings = activations.get(layer);
        if (embeddings == null) {
            throw new IllegalArgumentException(
                    "expected a layer among " + activations.keySet() + ", got '" + layer + "'");
        }
        look(embeddings);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if there is no such layer, or its activations are no open FLOAT matrix of the CPU
     */
    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        // the first of them is the input
        int last = activations.size() - 2;
        int index = layer.matches("\\d{1,6}") ? Integer.parseInt(layer) : -1;
        if (index < 0 || index > last) {
            throw new IllegalArgumentException(
                    "expected the index of a layer, from 0 to " + last + ", got '" + layer + "'");
        }
        look(activations.get(index + 1));
    }

    private void look(INDArray embeddings) {
        if (!watch.due()) {
            return;
        }
        BorrowedArray.check("activations of " + layer, embeddings);
        SharedBlas.run(() -> {
            try (Scope scope = Scope.open()) {
                return watch.look(BorrowedArray.wrap(BorrowedArray.rowMajor(embeddings)));
            }
        });
    }
}
