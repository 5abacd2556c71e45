package io.gramian.loss;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import io.gramian.backend.Numbers;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * LeJEPA: views are pulled to their centre while SIGReg keeps the embeddings of each view a standard normal.
 *
 * <p>{@code L = lambda SIGReg + (1 - lambda) mean over views, rows, columns of (z - c)^2}, c the mean of the global views,
 * through which the gradient flows too. {@code SIGReg = mean over views and directions a of
 * n sum_k w_k phi_k [ (mean_i cos(t_k x_i) - phi_k)^2 + (mean_i sin(t_k x_i))^2 ]} with projections {@code x = z a},
 * {@code t_k = k h}, {@code h = tMax / (knots - 1)}, {@code phi_k = exp(-t_k^2 / 2)}, and w_k = 2 h inside, h at both ends.
 *
 * <p>Any number of views (n, d) from one, n and d at least 1. The views are not modified; the gradients are overwritten.
 * SIGReg is at least 0 and grows with n unless the embeddings are normal; centred normal ones give about 1. Time O(views n m
 * (d + knots)), memory n m for m directions. NaN in a view gives a NaN loss and NaN gradients.
 *
 * <p>Directions are unit vectors drawn anew at every step from the seed ({@link #atStep}), or given
 * ({@link #termsAndGradient(List, Tensor, List)}).
 *
 * <p>Source: Balestriero and LeCun, <i>LeJEPA: Provable and Scalable Self-Supervised Learning Without the Heuristics</i>,
 * 2025 (arXiv 2511.08544); {@code rbalestr-lab/lejepa: MINIMAL.md}; {@code lightly: loss/lejepa_loss.py}. Some code adds the
 * invariance with weight 1.
 *
 * @param lambda weight of SIGReg, in [0, 1]
 * @param directions how many are drawn at a step, at least 1
 * @param knots points of the quadrature, at least 2
 * @param tMax largest point, above 0
 * @param globalViews how many of the views, from the first, make the centre; 0: all
 * @param seed of the directions
 */
public record LeJepa(float lambda, int directions, int knots, float tMax, int globalViews, long seed)
        implements DrawnLoss {
    /** Checks the settings. */
    public LeJepa {
        if (!(lambda >= 0 && lambda <= 1)) {
            throw new IllegalArgumentException("lambda: expected a number in [0, 1], got " + lambda);
        }
        Check.atLeast("directions", directions, 1);
        Check.atLeast("knots", knots, 2);
        Check.positive("t_max", tMax);
        Check.atLeast("global views", globalViews, 0);
    }

    /** The authors' settings: lambda 0.05, 1024 directions, 17 knots to 3, all views global, seed 0. */
    public static LeJepa defaults() {
        return new LeJepa(0.05f, 1024, 17, 3, 0, 0);
    }

    /**
     * The two parts of the loss, without their weights.
     *
     * @param sigReg distance of the embeddings from a standard normal
     * @param invariance mean squared distance of the views from their centre
     */
    public record Terms(double sigReg, double invariance) {}

    @Override
    public String name() {
        return "lejepa";
    }

    /** The two parts of the loss along directions (d, m) from outside, taken as they are. */
    public Terms terms(List<Tensor> views, Tensor along) {
        return terms(numbers(views, along, null).run());
    }

    /** The two parts of the loss along directions (d, m) from outside, and the gradients of the loss. */
    public Terms termsAndGradient(List<Tensor> views, Tensor along, List<Tensor> gradients) {
        return terms(numbers(views, along, gradients).run());
    }

    /** The loss that these parts add up to. */
    public double total(Terms terms) {
        return total(terms.sigReg(), terms.invariance());
    }

    private double total(double sigReg, double invariance) {
        return lambda * sigReg + (1 - (double) lambda) * invariance;
    }

    private static Terms terms(double[] numbers) {
        return new Terms(numbers[0], numbers[1]);
    }

    /** The loss along directions (d, m) from outside. */
    public double value(List<Tensor> views, Tensor along) {
        return total(terms(views, along));
    }

    /** The loss along directions (d, m) from outside, its terms and its gradients. */
    public LossTerms namedTermsAndGradient(List<Tensor> views, Tensor along, List<Tensor> gradients) {
        Terms terms = termsAndGradient(views, along, gradients);
        return LossTerms.of(total(terms)).with("sigreg", terms.sigReg()).with("invariance", terms.invariance());
    }

    /** The directions that a step draws for these views; the caller closes them. */
    public Tensor draw(List<Tensor> views, long step) {
        Check.atLeast("views", views.size(), 1);
        Check.matrix("views[0]", views.get(0));
        int d = Math.toIntExact(views.get(0).shape().size(1));
        Check.atLeast("width of views[0]", d, 1);
        return drawDirections(views.get(0).device(), step, d);
    }

    /** The unit vectors (d, {@code directions}), one per column, that a step draws. */
    public Tensor drawDirections(Device device, long step, int d) {
        return Tensor.of(device, Directions.draw(seed, step, d, directions), d, directions);
    }

    @Override
    public Drawn drawn(List<Tensor> views, long step) {
        return new Along(this, Scope.detach(draw(views, step)));
    }

    @Override
    public Drawn drawn(Device device, long n, long d, long step) {
        Check.atLeast("width of views[0]", d, 1);
        return new Along(this, Scope.detach(drawDirections(device, step, Math.toIntExact(d))));
    }

    /** The loss along directions (d, m) of its own. */
    private record Along(LeJepa loss, Tensor along) implements Drawn, PreparedLoss {
        @Override
        public String name() {
            return loss.name();
        }

        @Override
        public void draw(long step) {
            int d = (int) along.shape().size(0);
            along.copyFrom(Directions.draw(loss.seed, step, d, loss.directions));
        }

        @Override
        public DoubleSupplier on(List<Tensor> views, @Nullable List<Tensor> gradients) {
            Numbers numbers = loss.numbers(views, along, gradients);
            return () -> {
                double[] terms = numbers.run();
                return loss.total(terms[0], terms[1]);
            };
        }

        @Override
        public LossTerms namedTermsAndGradient(List<Tensor> views, List<Tensor> gradients) {
            return loss.namedTermsAndGradient(views, along, gradients);
        }

        @Override
        public void close() {
            along.close();
        }
    }

    private Numbers numbers(List<Tensor> views, Tensor along, @Nullable List<Tensor> gradients) {
        if (gradients != null) {
            Check.count("gradients", gradients.size(), views.size());
        }
        Check.atLeast("views", views.size(), 1);
        int globals = globalViews == 0 ? views.size() : globalViews;
        return views.get(0)
                .device()
                .backend()
                .predictive()
                .leJepa(views, globals, along, knots, tMax, lambda, gradients == null ? List.of() : gradients);
    }
}
