package io.gramian.backend;

import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import org.jspecify.annotations.Nullable;

/**
 * Penalties on the off-diagonal feature Gram that are no sums of squares, and the losses made of them. A strip of 512 rows
 * of the Gram lives at a time, never d x d. Rows are samples, columns are features. Arguments are checked at once, kernels run
 * when the {@link Numbers} do.
 */
@CheckReturnValue
public final class Decorrelation {
    private final Stream stream;

    Decorrelation(Stream stream) {
        this.stream = stream;
    }

    /** Numbers that VICReg-exp and VICReg-ctr share with {@link Covariance#vicReg}, and the temperature. */
    public record Weights(
            float invariance,
            float variance,
            float covariance,
            float eps,
            float gamma,
            float hinge,
            float temperature) {
        /** Checks the numbers. */
        public Weights {
            Check.nonNegative("invariance", invariance);
            Check.nonNegative("variance", variance);
            Check.nonNegative("covariance", covariance);
            Check.positive("eps", eps);
            Check.nonNegative("gamma", gamma);
            Check.positive("hinge", hinge);
            Check.positive("temperature", temperature);
        }
    }

    /**
     * Absolute off-diagonal penalty {@code sum over i != j of |(z^T z)_ij| / scale}; neither centres nor normalises.
     *
     * @param z features (n, d)
     * @param scale what the Gram matrix is divided by, above 0
     * @param dz receives the gradient (n, d), unless null
     */
    public Numbers absolute(Tensor z, float scale, @Nullable Tensor dz) {
        checkPenalty(z, scale, dz);
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> kernels.gramian_off_diagonal_absolute(
                        context, rows(z), columns(z), z.address(), scale, at, Numbers.address(dz)),
                dz);
    }

    /**
     * Exponential off-diagonal penalty {@code sum_i log sum over j != i of exp((z^T z)_ij / (scale temperature))}; neither
     * centres nor normalises.
     *
     * @param z features (n, d), d at least 2
     * @param scale what the Gram matrix is divided by, above 0
     * @param temperature above 0
     * @param dz receives the gradient (n, d), unless null
     */
    public Numbers exponential(Tensor z, float scale, float temperature, @Nullable Tensor dz) {
        checkPenalty(z, scale, dz);
        Check.positive("temperature", temperature);
        checkPairs("features", columns(z));
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> kernels.gramian_off_diagonal_exponential(
                        context, rows(z), columns(z), z.address(), scale, temperature, at, Numbers.address(dz)),
                dz);
    }

    /**
     * VICReg-exp: the kernel behind {@code io.gramian.loss.VicRegExp}, whose Javadoc has the formula.
     *
     * @param x one view (n, d), n and d at least 2; {@code y} the other
     * @param dx receives the gradient of {@code x}; {@code dy} that of {@code y}; both null for the value only
     * @return invariance, variance and covariance, without their weights
     */
    public Numbers vicRegExp(Tensor x, Tensor y, Weights weights, @Nullable Tensor dx, @Nullable Tensor dy) {
        return vicReg(false, x, y, weights, dx, dy);
    }

    /**
     * VICReg-ctr: the kernel behind {@code io.gramian.loss.VicRegCtr}, whose Javadoc has the formula.
     *
     * @param x one view (n, d), n and d at least 2; {@code y} the other
     * @param dx receives the gradient of {@code x}; {@code dy} that of {@code y}; both null for the value only
     * @return invariance, variance and covariance, without their weights
     */
    public Numbers vicRegCtr(Tensor x, Tensor y, Weights weights, @Nullable Tensor dx, @Nullable Tensor dy) {
        return vicReg(true, x, y, weights, dx, dy);
    }

    private Numbers vicReg(boolean samples, Tensor x, Tensor y, Weights w, @Nullable Tensor dx, @Nullable Tensor dy) {
        CovarianceChecks.views("x", x, "y", y, "dx", dx, "dy", dy);
        checkPairs("features", columns(x));
        Kernel kernel = samples ? Kernels::gramian_vicreg_ctr : Kernels::gramian_vicreg_exp;
        return new Numbers(
                stream,
                3,
                (kernels, context, at) -> kernel.call(
                        kernels,
                        context,
                        rows(x),
                        columns(x),
                        x.address(),
                        y.address(),
                        w.invariance,
                        w.variance,
                        w.covariance,
                        w.eps,
                        w.gamma,
                        w.hinge,
                        w.temperature,
                        at,
                        Numbers.address(dx),
                        Numbers.address(dy)),
                dx,
                dy);
    }

    /** The signature that both kernels have. */
    @FunctionalInterface
    private interface Kernel {
        int call(
                Kernels kernels,
                long context,
                long n,
                long d,
                long x,
                long y,
                float invariance,
                float variance,
                float covariance,
                float eps,
                float gamma,
                float hinge,
                float temperature,
                long terms,
                long dx,
                long dy);
    }

    private static void checkPenalty(Tensor z, float scale, @Nullable Tensor dz) {
        Check.matrix("z", z);
        Check.positive("scale", scale);
        if (dz != null) {
            Check.shape("dz", dz, rows(z), columns(z));
            Check.disjoint("dz", dz, "z", z);
        }
    }

    private static void checkPairs(String what, long count) {
        if (count < 2) {
            throw new IllegalArgumentException(what + ": expected at least 2, because the logarithm of an empty sum is"
                    + " infinite, got " + count);
        }
    }

    private static long rows(Tensor z) {
        return z.shape().size(0);
    }

    private static long columns(Tensor z) {
        return z.shape().size(1);
    }
}
