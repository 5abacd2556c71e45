package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * NT-Xent of any number of views at once, with all positives of a row summed inside the logarithm.
 *
 * <p>With {@code u} the {@code M = views n} rows divided by their norms, and {@code P(i)} the rows of the other views of the
 * same image:
 *
 * <pre>{@code
 * s_ij = <u_i, u_j> / temperature
 * L    = 1/M sum_i -log [ sum_{p in P(i)} exp(s_ip) / sum_{j != i} exp(s_ij) ]
 * }</pre>
 *
 * <p>With two views this is {@link NtXent}; with more, a row is content when one of its positives is near, where the mean
 * over pairs of views (which {@link NtXent} computes) asks for all of them.
 *
 * <p>Shapes: views float32 (n, d), as many gradients. The loss is without unit and at least 0. Nothing but the gradients is
 * modified. {@code M^2 d} FLOP for the value and {@code 4 M^2 d} with the gradient; the Gram matrix is never stored:
 * {@code 4 M d + M views} floats of scratch and one tile per thread. Same input, same bits, whatever the thread count.
 *
 * <p>An empty batch gives 0; one image has no negatives and gives 0 with a zero gradient. A row of norm at most 1e-12 is
 * divided by 1e-12 and gets a zero gradient. NaN or an infinity in a view gives NaN.
 *
 * <p>Source: {@code vturrisi/solo-learn: solo/losses/simclr.py}, whose exponentials overflow at temperatures below 0.0113
 * where these do not; Khosla et al. (arXiv 2004.11362), equation 3, with images as classes.
 *
 * @param temperature divisor of the cosines, from 1e-30 to 1e30; 0.2 in solo-learn
 */
public record MultiViewNtXent(float temperature) implements PreparedLoss {
    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30
     */
    public MultiViewNtXent {
        Check.temperature(temperature);
    }

    /** Temperature 0.2. */
    public static MultiViewNtXent defaults() {
        return new MultiViewNtXent(0.2f);
    }

    @Override
    public String name() {
        return "multi-view-nt-xent";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        Check.atLeast("views", views.size(), 2);
        Tensor first = views.get(0);
        Check.matrix("views[0]", first);
        if (gradients != null) {
            Check.count("gradients", gradients.size(), views.size());
        }
        return first.device()
                        .backend()
                        .contrastive()
                        .multiViewNtXent(
                                views, first.shape().size(1), temperature, gradients == null ? List.of() : gradients)
                ::value;
    }
}
