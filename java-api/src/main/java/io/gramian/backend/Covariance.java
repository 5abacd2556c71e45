package io.gramian.backend;

import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import org.jspecify.annotations.Nullable;

/**
 * Columns of a batch and their feature Gram: standardisation, centring, cross-correlation, off-diagonal penalty, and
 * the losses made of them. Rows are samples, columns are features. Column sums run in float64, variances over centred
 * values. Arguments are checked at once; what gives {@link Numbers} runs its kernel when they do.
 */
@CheckReturnValue
public final class Covariance {
    private final Stream stream;

    Covariance(Stream stream) {
        this.stream = stream;
    }

    /**
     * Standardises columns: {@code u = (z - mean) rstd} with {@code rstd = 1 / sqrt(biased variance + eps)}, as batch
     * normalisation without affine part. A constant column becomes 0; one row too. Without rows, mean and rstd are NaN.
     *
     * @param z input (n, d)
     * @param eps added to the variance, above 0
     * @param u receives the standardised columns (n, d); may be {@code z}
     * @param mean receives the column means (d)
     * @param rstd receives the reciprocal standard deviations (d)
     */
    public void standardizeColumns(Tensor z, float eps, Tensor u, Tensor mean, Tensor rstd) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        Check.positive("eps", eps);
        Check.shape("u", u, n, d);
        CovarianceChecks.statistics("mean", mean, "rstd", rstd, d, "z", z, "u", u);
        stream.run((kernels, context) -> kernels.gramian_standardize_columns(
                context, n, d, z.address(), eps, u.address(), mean.address(), rstd.address()));
    }

    /**
     * Gradient of {@link #standardizeColumns}: {@code dz = rstd (du - mean(du) - u mean(du o u))}, means over rows.
     *
     * @param u standardised columns (n, d) and {@code rstd} (d) as they came from the forward pass
     * @param du gradient of the standardised columns (n, d)
     * @param dz receives the gradient (n, d); may be {@code du}
     */
    public void standardizeColumnsBackward(Tensor u, Tensor rstd, Tensor du, Tensor dz) {
        Check.matrix("u", u);
        long n = u.shape().size(0);
        long d = u.shape().size(1);
        Check.shape("rstd", rstd, d);
        Check.shape("du", du, n, d);
        Check.shape("dz", dz, n, d);
        Check.disjoint("dz", dz, "u", u);
        Check.disjoint("dz", dz, "rstd", rstd);
        stream.run((kernels, context) -> kernels.gramian_standardize_columns_backward(
                context, n, d, u.address(), rstd.address(), du.address(), dz.address()));
    }

    /**
     * Centres columns: {@code c = z - mean}, and their variance with divisor {@code n - 1} (NaN for one row). The
     * gradient of centring is centring: call this on the gradient of {@code c}.
     *
     * @param z input (n, d)
     * @param c receives the centred columns (n, d); may be {@code z}
     * @param mean receives the column means (d); NaN without rows
     * @param variance receives the unbiased variances (d)
     */
    public void centerColumns(Tensor z, Tensor c, Tensor mean, Tensor variance) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        Check.shape("c", c, n, d);
        CovarianceChecks.statistics("mean", mean, "variance", variance, d, "z", z, "c", c);
        stream.run((kernels, context) -> kernels.gramian_center_columns(
                context, n, d, z.address(), c.address(), mean.address(), variance.address()));
    }

    /**
     * Cross-correlation {@code C = standardised(a)^T standardised(b) / n}: the matrix that Barlow Twins pulls towards
     * the identity. Entries lie in [-1, 1]; the row or column of a constant feature is 0. O(n da db) time.
     *
     * @param a one view (n, da), at least one row
     * @param b the other (n, db); may be {@code a}, may have another width
     * @param eps added to the variances, above 0
     * @param c receives the matrix (da, db)
     */
    public void crossCorrelation(Tensor a, Tensor b, float eps, Tensor c) {
        CovarianceChecks.pair(a, b, eps);
        long n = a.shape().size(0);
        long da = a.shape().size(1);
        long db = b.shape().size(1);
        Check.shape("c", c, da, db);
        Check.disjoint("c", c, "a", a);
        Check.disjoint("c", c, "b", b);
        stream.run((kernels, context) ->
                kernels.gramian_cross_correlation(context, n, da, db, a.address(), b.address(), eps, c.address()));
    }

    /**
     * Gradient of {@link #crossCorrelation}.
     *
     * @param a one view (n, da) and {@code b} the other (n, db), as in the forward pass
     * @param dc gradient of the matrix (da, db)
     * @param gradA receives the gradient of {@code a} (n, da)
     * @param gradB receives the gradient of {@code b} (n, db)
     */
    public void crossCorrelationBackward(Tensor a, Tensor b, float eps, Tensor dc, Tensor gradA, Tensor gradB) {
        CovarianceChecks.pair(a, b, eps);
        long n = a.shape().size(0);
        long da = a.shape().size(1);
        long db = b.shape().size(1);
        Check.shape("dc", dc, da, db);
        Check.shape("gradA", gradA, n, da);
        Check.shape("gradB", gradB, n, db);
        Check.disjoint("gradA", gradA, "gradB", gradB);
        CovarianceChecks.apart("gradA", gradA, "a", a, "b", b, "dc", dc);
        CovarianceChecks.apart("gradB", gradB, "a", a, "b", b, "dc", dc);
        stream.run((kernels, context) -> kernels.gramian_cross_correlation_backward(
                context, n, da, db, a.address(), b.address(), eps, dc.address(), gradA.address(), gradB.address()));
    }

    /**
     * Off-diagonal penalty {@code sum over i != j of ((z^T z)_ij / scale)^2}; neither centres nor normalises.
     *
     * @param z features (n, d)
     * @param scale what the Gram matrix is divided by, above 0
     * @param onSamples whether to visit the n x n Gram instead of the d x d one
     * @param dz receives the gradient (n, d), unless null
     * @return the penalty
     */
    public Numbers offDiagonalPenalty(Tensor z, float scale, boolean onSamples, @Nullable Tensor dz) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        Check.positive("scale", scale);
        if (dz != null) {
            Check.shape("dz", dz, n, d);
            Check.disjoint("dz", dz, "z", z);
        }
        return new Numbers(
                stream,
                1,
                (kernels, context, at) -> kernels.gramian_off_diagonal_penalty(
                        context, n, d, z.address(), scale, side(onSamples), at, Numbers.address(dz)),
                dz);
    }

    /**
     * Barlow Twins: the kernel behind {@code io.gramian.loss.BarlowTwins}, whose Javadoc has the formula.
     *
     * @param a one view (n, d), n at least 2, d at least 1; {@code b} the other
     * @param outsideRoot divide columns by (unbiased deviation + eps) instead of sqrt(biased variance + eps)
     * @param onSamples whether to visit the n x n Grams instead of the d x d one
     * @param da receives the gradient of {@code a}; {@code db} that of {@code b}; both null for the value only
     * @return the diagonal and the off-diagonal part, without lambda and scale
     */
    public Numbers barlowTwins(
            Tensor a,
            Tensor b,
            float lambda,
            float eps,
            boolean outsideRoot,
            float scale,
            boolean onSamples,
            @Nullable Tensor da,
            @Nullable Tensor db) {
        CovarianceChecks.views("a", a, "b", b, "da", da, "db", db);
        Check.nonNegative("lambda", lambda);
        Check.positive("eps", eps);
        Check.positive("scale", scale);
        long n = a.shape().size(0);
        long d = a.shape().size(1);
        return new Numbers(
                stream,
                2,
                (kernels, context, at) -> kernels.gramian_barlow_twins(
                        context,
                        n,
                        d,
                        a.address(),
                        b.address(),
                        lambda,
                        eps,
                        outsideRoot ? 1 : 0,
                        scale,
                        side(onSamples),
                        at,
                        Numbers.address(da),
                        Numbers.address(db)),
                da,
                db);
    }

    /**
     * VICReg: the kernel behind {@code io.gramian.loss.VicReg}, whose Javadoc has the formula.
     *
     * @param x one view (n, d), n at least 2, d at least 1; {@code y} the other
     * @param hinge factor of the variance term of each view
     * @param onSamples whether to visit the n x n Grams instead of the d x d ones
     * @param dx receives the gradient of {@code x}; {@code dy} that of {@code y}; both null for the value only
     * @return invariance, variance and covariance, without their weights
     */
    public Numbers vicReg(
            Tensor x,
            Tensor y,
            float invariance,
            float variance,
            float covariance,
            float eps,
            float gamma,
            float hinge,
            boolean onSamples,
            @Nullable Tensor dx,
            @Nullable Tensor dy) {
        CovarianceChecks.views("x", x, "y", y, "dx", dx, "dy", dy);
        Check.nonNegative("invariance", invariance);
        Check.nonNegative("variance", variance);
        Check.nonNegative("covariance", covariance);
        Check.positive("eps", eps);
        Check.nonNegative("gamma", gamma);
        Check.positive("hinge", hinge);
        long n = x.shape().size(0);
        long d = x.shape().size(1);
        return new Numbers(
                stream,
                3,
                (kernels, context, at) -> kernels.gramian_vicreg(
                        context,
                        n,
                        d,
                        x.address(),
                        y.address(),
                        invariance,
                        variance,
                        covariance,
                        eps,
                        gamma,
                        hinge,
                        side(onSamples),
                        at,
                        Numbers.address(dx),
                        Numbers.address(dy)),
                dx,
                dy);
    }

    private static int side(boolean onSamples) {
        return onSamples ? Kernels.GRAMIAN_GRAM_SAMPLES : Kernels.GRAMIAN_GRAM_FEATURES;
    }
}
