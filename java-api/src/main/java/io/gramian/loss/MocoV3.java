package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.ContrastiveKeys;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loss of MoCo v3: queries of each view against the momentum encoder's keys of the other, without a queue.
 *
 * <pre>{@code
 * ctr(q, k) = 2 T 1/n sum_i [ log sum_j exp(<q_i, k_j> / T) - <q_i, k_i> / T ],   rows divided by their norms
 * L         = ctr(q_1, k_2) + ctr(q_2, k_1)
 * }</pre>
 *
 * <p>Only the queries get gradients.
 *
 * <p>Shapes: two queries and two keys float32 (n, d), two gradients. The loss has the unit of a cosine, is at least 0, and
 * {@code 4 T log n} when all similarities are equal. Nothing but the gradients is modified. One pass for each direction:
 * {@code 2 n^2 d} FLOP for the value, {@code 4 n^2 d} with the gradient; the logits are never stored: {@code 3 n d} floats of
 * scratch, up to 32 copies of the gradient for a short batch, and a tile per thread. Same input, same bits, whatever the
 * thread count.
 *
 * <p>An empty batch gives 0; one image has no negatives and gives 0 with a zero gradient. A query of norm at most 1e-12 is
 * divided by 1e-12 and gets a zero gradient. NaN or an infinity gives NaN.
 *
 * <p>Source: Chen et al., An Empirical Study of Training Self-Supervised Vision Transformers (arXiv 2104.02057), algorithm 1;
 * {@code facebookresearch/moco-v3: moco/builder.py}.
 *
 * @param temperature T, from 1e-30 to 1e30; 0.2 for ViT, 1 for ResNet-50 in the authors' runs
 */
public record MocoV3(float temperature) implements PredictiveLoss {
    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30
     */
    public MocoV3 {
        Check.temperature(temperature);
    }

    /** The authors' temperature for ViT, 0.2. */
    public static MocoV3 defaults() {
        return new MocoV3(0.2f);
    }

    @Override
    public String name() {
        return "moco-v3";
    }

    /**
     * {@inheritDoc}
     *
     * @param predictions queries of views 1 and 2, (n, d) each
     * @param targets keys of views 1 and 2, (n, d) each
     * @throws IllegalArgumentException unless these are float32 matrices of one shape, two of each kind, the gradients in
     *     memory of their own
     */
    @Override
    public DoubleSupplier on(List<Tensor> predictions, List<Tensor> targets, @Nullable List<Tensor> gradients) {
        if (gradients != null) {
            checkGradients(predictions, targets, gradients);
        }
        Check.count("queries", predictions.size(), 2);
        Check.count("keys", targets.size(), 2);
        Check.matrix("queries[0]", predictions.get(0));
        Check.matrix("queries[1]", predictions.get(1));
        Check.sameShape("queries[1]", predictions.get(1), "queries[0]", predictions.get(0));
        ContrastiveKeys room = predictions.get(0).device().backend().contrastiveKeys();
        Numbers first = room.mocoV3(
                predictions.get(0), targets.get(1), temperature, gradients == null ? null : gradients.get(0));
        Numbers second = room.mocoV3(
                predictions.get(1), targets.get(0), temperature, gradients == null ? null : gradients.get(1));
        return () -> first.value() + second.value();
    }

    @Override
    public double value(List<Tensor> predictions, List<Tensor> targets) {
        return on(predictions, targets, null).getAsDouble();
    }

    @Override
    public double valueAndGradient(List<Tensor> predictions, List<Tensor> targets, List<Tensor> gradients) {
        return on(predictions, targets, gradients).getAsDouble();
    }

    private static void checkGradients(List<Tensor> queries, List<Tensor> keys, List<Tensor> gradients) {
        Check.count("gradients", gradients.size(), 2);
        for (int g = 0; g < 2; g++) {
            for (int v = 0; v < queries.size(); v++) {
                Check.disjoint("gradients[" + g + "]", gradients.get(g), "queries[" + v + "]", queries.get(v));
            }
            for (int v = 0; v < keys.size(); v++) {
                Check.disjoint("gradients[" + g + "]", gradients.get(g), "keys[" + v + "]", keys.get(v));
            }
        }
        Check.disjoint("gradients[1]", gradients.get(1), "gradients[0]", gradients.get(0));
    }
}
