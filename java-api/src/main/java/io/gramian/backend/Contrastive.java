package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;

/** Losses on the sample Gram matrix {@code Z Z^T}. */
public final class Contrastive {
    private final Stream stream;

    Contrastive(Stream stream) {
        this.stream = stream;
    }

    /**
     * NT-Xent of two views, without any work for the gradient.
     *
     * @param za embeddings of the first view (n, d), normalised inside
     * @param zb embeddings of the second view (n, d)
     * @param temperature divisor of the cosines, above 0
     * @return the mean over the 2n rows; 0 for n = 0
     */
    public double ntXent(Tensor za, Tensor zb, float temperature) {
        checkViews(za, zb, temperature);
        long n = za.shape().size(0);
        long d = za.shape().size(1);
        try (Tensor loss = Tensor.empty(za.device(), DType.FLOAT64, 1)) {
            stream.run((kernels, context) -> kernels.gramian_nt_xent_value(
                    context, n, d, za.address(), zb.address(), temperature, loss.address()));
            return loss.toDoubles()[0];
        }
    }

    /**
     * NT-Xent of two views and its gradient: {@code dza = weight * dL/dza + betaA * dza}, and the same for b.
     *
     * @param za embeddings of the first view (n, d), normalised inside
     * @param zb embeddings of the second view (n, d)
     * @param temperature divisor of the cosines, above 0
     * @param weight factor of the gradients, not of the returned loss
     * @param dza changed (n, d); its old content is not read when {@code betaA} is 0
     * @param dzb changed (n, d)
     * @return the mean over the 2n rows, as {@link #ntXent}
     */
    public double ntXentGradient(
            Tensor za, Tensor zb, float temperature, float weight, Tensor dza, float betaA, Tensor dzb, float betaB) {
        checkViews(za, zb, temperature);
        long n = za.shape().size(0);
        long d = za.shape().size(1);
        checkGradient("dza", dza, za, zb);
        checkGradient("dzb", dzb, za, zb);
        Check.disjoint("dza", dza, "dzb", dzb);
        try (Tensor loss = Tensor.empty(za.device(), DType.FLOAT64, 1)) {
            stream.run((kernels, context) -> kernels.gramian_nt_xent_value_and_gradient(
                    context,
                    n,
                    d,
                    za.address(),
                    zb.address(),
                    temperature,
                    weight,
                    betaA,
                    betaB,
                    loss.address(),
                    dza.address(),
                    dzb.address()));
            dza.touch();
            dzb.touch();
            return loss.toDoubles()[0];
        }
    }

    private static void checkViews(Tensor za, Tensor zb, float temperature) {
        Check.matrix("za", za);
        Check.matrix("zb", zb);
        Check.sameShape("zb", zb, "za", za);
        Check.positive("temperature", temperature);
    }

    private static void checkGradient(String name, Tensor dz, Tensor za, Tensor zb) {
        Check.matrix(name, dz);
        Check.sameShape(name, dz, "za", za);
        Check.disjoint(name, dz, "za", za);
        Check.disjoint(name, dz, "zb", zb);
    }
}
