package io.gramian.pytorch;

import io.gramian.Scope;
import io.gramian.spectrum.Diagnosis;
import io.gramian.spectrum.EmbeddingWatch;
import java.util.function.ObjLongConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Tells of the rank of the embeddings, and of their collapse by name, while a loop of PyTorch trains: {@link EmbeddingWatch} on
 * the embeddings of every so many steps, in place. What runs in the steps between costs nothing.
 *
 * <pre>{@code
 * CollapseCallback collapse = CollapseCallback.every(100);
 * ... optimizer.step(); collapse.step(embeddings);   // in each step
 * }</pre>
 */
public final class CollapseCallback {
    private final EmbeddingWatch watch;

    private CollapseCallback(EmbeddingWatch watch) {
        this.watch = watch;
    }

    /**
     * A callback that logs.
     *
     * @param interval steps from one look to the next, at least 1
     */
    public static CollapseCallback every(long interval) {
        return new CollapseCallback(EmbeddingWatch.every(interval));
    }

    /**
     * A callback that logs and tells.
     *
     * @param interval as in {@link #every(long)}
     * @param consumer receives each diagnosis with the number of its step, from 0
     */
    public static CollapseCallback every(long interval, ObjLongConsumer<Diagnosis> consumer) {
        return new CollapseCallback(EmbeddingWatch.every(interval, consumer));
    }

    /**
     * Counts a step, and looks at its embeddings if it is due.
     *
     * @param embeddings (n, d), float32, contiguous; not modified
     * @throws IllegalArgumentException for another tensor
     */
    public void step(Tensor embeddings) {
        if (!watch.due()) {
            return;
        }
        BorrowedTensor.check("embeddings", embeddings);
        BorrowedTensor.inOrder(embeddings, () -> {
            try (Scope scope = Scope.open()) {
                return watch.look(BorrowedTensor.wrap(BorrowedTensor.device(embeddings), embeddings))
                        .effectiveRank();
            }
        });
    }
}
