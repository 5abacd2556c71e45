package io.gramian.loss;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Contrastive;
import io.gramian.backend.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * NT-Xent, the normalised temperature-scaled cross entropy of SimCLR.
 *
 * <p>For two views, with {@code u} the {@code M = 2n} rows of both divided by their norms and {@code p(i)} the row of the
 * other view of the same image:
 *
 * <pre>{@code
 * s_ij = <u_i, u_j> / temperature
 * L    = 1/M sum_i [ log sum_{j != i} exp(s_ij) - s_ip(i) ]
 * }</pre>
 *
 * <p>For more than two views, the mean of this over all pairs of views.
 *
 * <p>Shapes: views float32 (n, d), as many gradients. The loss is without unit, at least 0, and {@code log(2n - 1)} when all
 * similarities are equal. Nothing but the gradients is modified. Per pair {@code M^2 d} FLOP for the value and
 * {@code 4 M^2 d} with the gradient; the Gram matrix is never stored: {@code 2 M d + 8 M} floats of scratch and one tile per
 * thread. Same input, same bits, whatever the thread count.
 *
 * <p>An empty batch gives 0; one image has no negatives and gives 0 with a zero gradient. A row of norm at most 1e-12 is
 * divided by 1e-12 and gets a zero gradient (PyTorch's {@code F.normalize} would divide its gradient by 1e-12). NaN or an
 * infinity in a view gives NaN. Low temperatures neither overflow nor underflow: below 0.023 each row is shifted by its
 * largest similarity, at some cost; above, one constant shift serves all.
 *
 * <p>Source: Chen et al., A Simple Framework for Contrastive Learning of Visual Representations (arXiv 2002.05709), equation
 * 1. The authors' code returns twice this value; lightly, solo-learn and htdt/self-supervised return this one. Over more than
 * two views solo-learn sums all positives inside one logarithm, {@link MultiViewNtXent}; the mean over pairs is htdt's.
 *
 * @param temperature divisor of the cosines, from 1e-30 to 1e30; 0.5 in the paper's CIFAR-10 runs, 0.1 on ImageNet
 */
public record NtXent(float temperature) implements PreparedLoss {
    /**
     * Checks the temperature.
     *
     * @throws IllegalArgumentException if the temperature is not a number from 1e-30 to 1e30
     */
    public NtXent {
        Check.temperature(temperature);
    }

    /** Temperature 0.5. */
    public static NtXent defaults() {
        return new NtXent(0.5f);
    }

    @Override
    public String name() {
        return "nt-xent";
    }

    @Override
    public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
        int count = views.size();
        if (count < 2) {
            throw new IllegalArgumentException("views: expected at least 2, got " + count);
        }
        if (gradients != null) {
            checkGradients(views, gradients);
        }
        Contrastive room = views.get(0).device().backend().contrastive();
        float weight = 2f / (count * (count - 1));
        List<Numbers> pairs = new ArrayList<>();
        for (int a = 0; a < count; a++) {
            for (int b = a + 1; b < count; b++) {
                Tensor za = views.get(a);
                Tensor zb = views.get(b);
                // the first pair of a view overwrites its gradient, the others add: (0, b) is the first of b
                float betaA = a == 0 && b == 1 ? 0 : 1;
                float betaB = a == 0 ? 0 : 1;
                pairs.add(
                        gradients == null
                                ? room.ntXent(za, zb, temperature)
                                : room.ntXentGradient(
                                        za, zb, temperature, weight, gradients.get(a), betaA, gradients.get(b), betaB));
            }
        }
        return () -> mean(pairs);
    }

    private static double mean(List<Numbers> pairs) {
        double sum = 0;
        for (int i = 0; i < pairs.size(); i++) {
            sum += pairs.get(i).value();
        }
        return sum / pairs.size();
    }

    private static void checkGradients(List<Tensor> views, List<Tensor> gradients) {
        int count = views.size();
        if (gradients.size() != count) {
            throw new IllegalArgumentException(
                    "gradients: expected one per view, " + count + " in all, got " + gradients.size());
        }
        for (int g = 0; g < count; g++) {
            for (int v = 0; v < count; v++) {
                Check.disjoint("gradient " + g, gradients.get(g), "view " + v, views.get(v));
                if (v < g) {
                    Check.disjoint("gradient " + g, gradients.get(g), "gradient " + v, gradients.get(v));
                }
            }
        }
    }
}
