package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decoupled contrastive loss, DCL, and its weighted form DCLW: NT-Xent without the positive in the denominator.
 *
 * <p>With {@code u} the {@code 2n} rows of both views, {@code p(i)} the row of the other view of the same image, and
 * {@code q} the softmax over the n images of {@code s_ip(i) / sigma}:
 *
 * <pre>{@code
 * s_ij = <u_i, u_j>
 * L    = mean over anchors i of [ -w_i s_ip(i) / temperature + log sum_{j != i, p(i)} exp(s_ij / temperature) ]
 * w_i  = 1 (DCL),  2 - n q_i (DCLW)
 * }</pre>
 *
 * <p>Two forms are in use. {@link Form#LIGHTLY} normalises rows, takes those of both views as anchors, and treats weights as
 * constants. {@link Form#AUTHORS} expects rows of norm 1, takes those of the first view as anchors (the caller adds the
 * other direction), and lets gradients flow through the weights.
 *
 * <p>Shapes: two views float32 (n, d), two gradients. The loss is without unit and can be negative. Nothing but the
 * gradients is modified. With {@code M = 2n}, {@code M^2 d} FLOP for the value and {@code 4 M^2 d} with the gradient; the
 * Gram matrix is never stored: {@code 4 M d} floats of scratch and one tile per thread. Same input, same bits, whatever the
 * thread count.
 *
 * <p>Fewer than two images are refused: the sum over negatives would be empty. A normalised row of norm at most 1e-12 is
 * divided by 1e-12 and gets a zero gradient. NaN or an infinity in a view gives NaN.
 *
 * <p>Source: Yeh et al., Decoupled Contrastive Learning (arXiv 2110.06848), equations 5 and 6; {@code lightly:
 * loss/dcl_loss.py} and {@code raminnakhli/Decoupled-Contrastive-Learning: loss/dcl.py}. The latter removes pairs by adding
 * -103.28 to their logits, which leaks at temperatures below about 0.011; here they are left out.
 *
 * @param temperature divisor of the similarities, from 1e-30 to 1e30; 0.1 in the paper
 * @param weighted whether this is DCLW
 * @param sigma divisor inside the weights of DCLW, from 1e-30 to 1e30; 0.5 in the paper
 * @param form which of the published forms
 */
public record Dcl(float temperature, boolean weighted, float sigma, Form form) implements PairLoss {
    /** The published forms. */
    public enum Form {
        /** Rows normalised, both directions averaged, weights constant. */
        LIGHTLY,
        /** Rows as they are, one direction, gradients through the weights. */
        AUTHORS
    }

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if temperature or sigma is not a number from 1e-30 to 1e30
     */
    public Dcl {
        Check.temperature(temperature);
        Check.scale("sigma", sigma);
    }

    /** DCL at temperature 0.1, both directions. */
    public static Dcl defaults() {
        return new Dcl(0.1f, false, 0.5f, Form.LIGHTLY);
    }

    @Override
    public String name() {
        return weighted ? "dclw" : "dcl";
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
        return za.device()
                .backend()
                .contrastive()
                .dcl(za, zb, temperature, weighted ? sigma : 0, form == Form.AUTHORS, dza, dzb);
    }
}
