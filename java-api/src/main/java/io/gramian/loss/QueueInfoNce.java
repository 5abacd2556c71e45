package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.CheckReturnValue;
import io.gramian.backend.Numbers;
import org.jspecify.annotations.Nullable;

/**
 * InfoNCE against a queue, the loss of MoCo: each query is to find its key among the keys of earlier batches.
 *
 * <p>With {@code q_i} and {@code k_i} the rows of queries and keys divided by their norms, and {@code x_j} those of the queue
 * as they are (a {@link KeyQueue} holds rows of norm 1):
 *
 * <pre>{@code
 * L = 1/n sum_i -log [ exp(<q_i, k_i> / T) / ( exp(<q_i, k_i> / T) + sum_j exp(<q_i, x_j> / T) ) ]
 * }</pre>
 *
 * <p>Only the queries get a gradient. The keys of this batch are not in the queue yet: enqueue them after the loss.
 *
 * <p>Shapes: queries and keys float32 (n, d), queue (length, d), gradient (n, d). The loss is without unit, at least 0, and
 * {@code log(1 + length)} when all similarities are equal. Nothing but the gradient is modified. One pass over the queue:
 * {@code 2 n length d} FLOP for the value, {@code 4 n length d} with the gradient; the (n, length) logits are never stored:
 * {@code 3 n d} floats of scratch, up to 32 copies of the gradient for a short batch, and a tile per thread. Same input, same
 * bits, whatever the thread count.
 *
 * <p>No queries, or an empty queue, give 0. A query of norm at most 1e-12 is divided by 1e-12 and gets a zero gradient. NaN
 * or an infinity gives NaN. Sums are shifted by their largest term, so that no temperature overflows.
 *
 * <p>Source: He et al., Momentum Contrast for Unsupervised Visual Representation Learning (arXiv 1911.05722), equation 1;
 * {@code facebookresearch/moco: moco/builder.py}.
 *
 * @param temperature divisor of the cosines, from 1e-30 to 1e30; 0.07 in MoCo, 0.2 in MoCo v2
 */
public record QueueInfoNce(float temperature) {
    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30
     */
    public QueueInfoNce {
        Check.temperature(temperature);
    }

    /** MoCo v2's temperature, 0.2. */
    public static QueueInfoNce defaults() {
        return new QueueInfoNce(0.2f);
    }

    /**
     * The loss, without any work for the gradient.
     *
     * @param queries (n, d)
     * @param keys (n, d)
     * @param queue (length, d)
     * @throws IllegalArgumentException unless these are float32 matrices that fit
     */
    public double value(Tensor queries, Tensor keys, Tensor queue) {
        return on(queries, keys, queue, null).value();
    }

    /**
     * The loss and the gradient of the queries.
     *
     * @param queries (n, d)
     * @param keys (n, d)
     * @param queue (length, d)
     * @param gradient receives the gradient (n, d), in memory of its own
     * @throws IllegalArgumentException unless these are float32 matrices that fit, the gradient in memory of its own
     */
    public double valueAndGradient(Tensor queries, Tensor keys, Tensor queue, Tensor gradient) {
        return on(queries, keys, queue, gradient).value();
    }

    /**
     * The loss on these tensors, checked once, to be computed as often as wanted from what they hold at that time.
     *
     * @param queries (n, d)
     * @param keys (n, d)
     * @param queue (length, d)
     * @param gradient as in {@link #valueAndGradient}; null for the value alone
     * @throws IllegalArgumentException as {@link #valueAndGradient}
     */
    @CheckReturnValue
    public Numbers on(Tensor queries, Tensor keys, Tensor queue, @Nullable Tensor gradient) {
        return queries.device()
                .backend()
                .contrastiveKeys()
                .queueInfoNce(queries, keys, null, queue, temperature, 1, gradient);
    }
}
