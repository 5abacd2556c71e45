package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * SimCLR-sq, SimCLR-abs, DCL-sq and DCL-abs: NT-Xent and DCL that repel by a similarity without sign, so that a negative
 * pair is best at a right angle, not opposite.
 *
 * <p>With {@code u} the {@code 2n} rows of both views divided by their norms, {@code p(i)} the row of the other view of the
 * same image, {@code f(s) = s^2} or {@code |s|}, and {@code a(s) = s}, or f where the attractive term is replaced too:
 *
 * <pre>{@code
 * s_ij = <u_i, u_j>
 * L    = mean_i [ -a(s_ip(i)) / temperature + log sum_j exp(f(s_ij) / temperature) ]
 * }</pre>
 *
 * <p>where j runs over all rows but i (SimCLR) or all but i and p(i) (DCL). The paper leaves open whether its attractive
 * term is replaced; both readings are here. The slope of {@code |s|} at 0 is 0.
 *
 * <p>Shapes: two views float32 (n, d), two gradients. The loss is without unit; that of DCL can be negative. Nothing but the
 * gradients is modified. With {@code M = 2n}, {@code M^2 d} FLOP for the value and {@code 4 M^2 d} with the gradient; the
 * Gram matrix is never stored: {@code 4 M d} floats of scratch and one tile per thread. Same input, same bits, whatever the
 * thread count.
 *
 * <p>An empty batch gives 0 where the positive is kept; DCL refuses fewer than two images. A row of norm at most 1e-12 is
 * divided by 1e-12 and gets a zero gradient. NaN or an infinity in a view gives NaN.
 *
 * <p>Source: Garrido et al., On the duality between contrastive and non-contrastive self-supervised learning (arXiv
 * 2206.02574), section 3. There is no code by the authors.
 *
 * @param temperature divisor of the similarities, from 1e-30 to 1e30; 0.15 in the paper's tuned runs
 * @param similarity square or magnitude of the cosine
 * @param decoupled whether the positive is left out of the denominator, as in DCL
 * @param replaced whether the attractive term uses the similarity too
 */
public record UnsignedContrastive(float temperature, Similarity similarity, boolean decoupled, boolean replaced)
        implements PairLoss {
    /** What replaces the cosine. */
    public enum Similarity {
        /** Its square. */
        SQUARE,
        /** Its magnitude. */
        ABSOLUTE
    }

    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30
     */
    public UnsignedContrastive {
        Check.temperature(temperature);
    }

    /** {@code simclr-sq}, {@code simclr-abs}, {@code dcl-sq} or {@code dcl-abs}. */
    @Override
    public String name() {
        return (decoupled ? "dcl" : "simclr") + (similarity == Similarity.SQUARE ? "-sq" : "-abs");
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        return TwoViews.on(name(), views, gradients, this::kernel)::value;
    }

    @Override
    public double evaluate(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        return kernel(za, zb, dza, dzb).value();
    }

    private Numbers kernel(Tensor za, Tensor zb, @Nullable Tensor dza, @Nullable Tensor dzb) {
        boolean square = similarity == Similarity.SQUARE;
        return za.device()
                .backend()
                .contrastive()
                .unsigned(za, zb, temperature, square, replaced, !decoupled, dza, dzb);
    }
}
