package io.gramian.backend;

import io.gramian.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Losses that predict one view from another, and statistics that keep embeddings spread: kernels of predictive.h. Arguments are checked at once,
 * kernels run when the {@link Numbers} do.
 */
@CheckReturnValue
public final class Predictive {
    /** Above this, exp(-4 t) is no normal float32. */
    private static final float LARGEST_T = 21;

    private final Stream stream;
    private final NativeArrays arrays;

    Predictive(Stream stream) {
        this.stream = stream;
        this.arrays = stream.newArrays();
    }

    /**
     * Negative cosine {@code -mean_i <p_i, z_i> / (max(|p_i|, eps) max(|z_i|, eps))}, in [-1, 1].
     *
     * @param p predictions (n, d), n at least 1
     * @param z targets (n, d), which get no gradient; may be {@code p}
     * @param eps least norm, above 0
     * @param weight factor of the gradient, not of the returned value
     * @param dp receives the gradient of p (n, d), 0 for rows not longer than eps; null for the value only
     */
    public Numbers negativeCosine(Tensor p, Tensor z, float eps, float weight, @Nullable Tensor dp) {
        Check.matrix("p", p);
        Check.matrix("z", z);
        Check.sameShape("z", z, "p", p);
        Check.atLeast("rows of p", p.shape().size(0), 1);
        Check.positive("eps", eps);
        if (dp != null) {
            Check.shape("dp", dp, p.shape().toArray());
            Check.disjoint("dp", dp, "p", p);
            Check.disjoint("dp", dp, "z", z);
        }
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> kernels.gramian_negative_cosine(
                        context,
                        p.shape().size(0),
                        p.shape().size(1),
                        p.address(),
                        z.address(),
                        eps,
                        weight,
                        at,
                        Numbers.address(dp)),
                dp);
    }

    /**
     * LeJEPA: the kernel behind {@code io.gramian.loss.LeJepa}, whose Javadoc has the formula.
     *
     * @param views embeddings (n, d), at least one, n and d at least 1
     * @param globals how many of them, from the first, make the centre
     * @param directions (d, m), m at least 1; taken as they are
     * @param knots points of the quadrature, at least 2
     * @param tMax largest point, above 0
     * @param lambda weight of SIGReg in the gradient, in [0, 1]
     * @param gradients one per view (n, d), overwritten; empty for the value only
     * @return SIGReg and invariance, without their weights
     */
    public Numbers leJepa(
            List<Tensor> views,
            int globals,
            Tensor directions,
            int knots,
            float tMax,
            float lambda,
            List<Tensor> gradients) {
        Views.checkAny(views);
        Tensor first = views.get(0);
        Check.atLeast("rows of views[0]", first.shape().size(0), 1);
        Check.atLeast("width of views[0]", first.shape().size(1), 1);
        if (globals < 1 || globals > views.size()) {
            throw new IllegalArgumentException(
                    "global views: expected 1 to the number of views " + views.size() + ", got " + globals);
        }
        Check.matrix("directions", directions);
        long m = directions.shape().size(1);
        Check.shape("directions", directions, first.shape().size(1), m);
        Check.atLeast("directions", m, 1);
        Check.atLeast("knots", knots, 2);
        Check.positive("t_max", tMax);
        if (!(lambda >= 0 && lambda <= 1)) {
            throw new IllegalArgumentException("lambda: expected a number in [0, 1], got " + lambda);
        }
        if (!gradients.isEmpty()) {
            Views.checkGradients(views, gradients);
            gradients.forEach(gradient -> Check.disjoint("gradients", gradient, "directions", directions));
        }
        return new Numbers(
                stream,
                2,
                (kernels, context, at) -> {
                    arrays.pass(views, gradients);
                    return kernels.gramian_lejepa(
                            context,
                            views.size(),
                            globals,
                            first.shape().size(0),
                            first.shape().size(1),
                            arrays.at(0),
                            m,
                            directions.address(),
                            knots,
                            tMax,
                            lambda,
                            at,
                            gradients.isEmpty() ? 0 : arrays.at(views.size()));
                },
                gradients.toArray(new Tensor[0]));
    }

    /**
     * Alignment and uniformity: the kernel behind {@code io.gramian.loss.AlignmentUniformity}, whose Javadoc has the formula.
     *
     * @param x one view (n, d), n at least 2; {@code y} the other
     * @param weight of the uniformity in the gradient, at least 0
     * @param t width of the Gaussian potential, in (0, 21]
     * @param alpha power of the distance of the views, above 0
     * @param dx receives the gradient of {@code x}; {@code dy} that of {@code y}; both null for the value only
     * @return alignment and uniformity, without the weight
     */
    public Numbers alignmentUniformity(
            Tensor x, Tensor y, float weight, float t, float alpha, @Nullable Tensor dx, @Nullable Tensor dy) {
        CovarianceChecks.views("x", x, "y", y, "dx", dx, "dy", dy);
        Check.nonNegative("weight", weight);
        Check.positive("alpha", alpha);
        if (!(t > 0 && t <= LARGEST_T)) {
            throw new IllegalArgumentException("t: expected a number in (0, " + LARGEST_T
                    + "], beyond which float32 potentials of distant rows are 0, got " + t);
        }
        return new Numbers(
                stream,
                2,
                (kernels, context, at) -> kernels.gramian_alignment_uniformity(
                        context,
                        x.shape().size(0),
                        x.shape().size(1),
                        x.address(),
                        y.address(),
                        weight,
                        t,
                        alpha,
                        at,
                        Numbers.address(dx),
                        Numbers.address(dy)),
                dx,
                dy);
    }
}
