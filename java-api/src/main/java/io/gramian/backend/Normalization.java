package io.gramian.backend;

import io.gramian.Tensor;

/** Row normalisation {@code u_i = z_i / max(||z_i||, eps)}. */
public final class Normalization {
    private final Stream stream;

    Normalization(Stream stream) {
        this.stream = stream;
    }

    /**
     * Divides each row by its Euclidean norm.
     *
     * @param z input (n, d)
     * @param eps least divisor, above 0
     * @param u receives the unit rows (n, d); may be {@code z}
     * @param norm receives the norms (n), before the maximum with {@code eps}
     */
    public void normalizeRows(Tensor z, float eps, Tensor u, Tensor norm) {
        Check.matrix("z", z);
        long n = z.shape().size(0);
        long d = z.shape().size(1);
        Check.positive("eps", eps);
        Check.shape("u", u, n, d);
        Check.shape("norm", norm, n);
        Check.disjoint("norm", norm, "z", z);
        stream.run((kernels, context) ->
                kernels.gramian_normalize_rows(context, n, d, z.address(), eps, u.address(), norm.address()));
    }

    /**
     * Gradient of {@link #normalizeRows}: {@code dz = (du - u (u . du)) / norm}; {@code du / eps} where norm is at most eps.
     *
     * @param u unit rows (n, d) and {@code norm} (n) as they came from the forward pass
     * @param du gradient of the unit rows (n, d)
     * @param dz receives the gradient (n, d); may be {@code du}
     */
    public void normalizeRowsBackward(Tensor u, Tensor norm, Tensor du, float eps, Tensor dz) {
        Check.matrix("u", u);
        long n = u.shape().size(0);
        long d = u.shape().size(1);
        Check.positive("eps", eps);
        Check.shape("norm", norm, n);
        Check.shape("du", du, n, d);
        Check.shape("dz", dz, n, d);
        Check.disjoint("dz", dz, "u", u);
        Check.disjoint("dz", dz, "norm", norm);
        stream.run((kernels, context) -> kernels.gramian_normalize_rows_backward(
                context, n, d, u.address(), norm.address(), du.address(), eps, dz.address()));
    }
}
