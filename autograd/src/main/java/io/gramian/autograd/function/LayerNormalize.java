package io.gramian.autograd.function;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalisation of the last axis of x (..., d): {@code y = gamma (x - mean) / sqrt(variance + eps) + beta}. The input
 * and two numbers a row are saved. x is float32.
 */
public final class LayerNormalize extends Function {
    private final Saved x;
    private final Saved gamma;
    private final Saved mean;
    private final Saved rstd;

    private LayerNormalize(Variable x, Variable gamma, Variable beta, Tensor mean, Tensor rstd) {
        super("LayerNormalize", x, gamma, beta);
        this.x = save("x", x.value());
        this.gamma = save("gamma", gamma.value());
        this.mean = save("mean", mean);
        this.rstd = save("rstd", rstd);
    }

    /** Normalises x with factors gamma (d) and offsets beta (d); eps above 0 is added to the variance. */
    public static Variable apply(Variable x, Variable gamma, Variable beta, float eps) {
        return apply(x, gamma, beta, eps, DType.FLOAT32);
    }

    /** The same in another type: float32 or, on CUDA devices, bfloat16, rounded once. */
    public static Variable apply(Variable x, Variable gamma, Variable beta, float eps, DType type) {
        Tensor in = x.value();
        long rows = in.elements() / Math.max(1, gamma.value().elements());
        Tensor y = Tensor.empty(in.device(), type, in.shape().toArray());
        Tensor mean = Tensor.empty(in.device(), rows);
        Tensor rstd = Tensor.empty(in.device(), rows);
        in.device().backend().transformers().layerNorm(in, gamma.value(), beta.value(), eps, y, mean, rstd);
        return Autograd.records(x, gamma, beta)
                ? new LayerNormalize(x, gamma, beta, mean, rstd).output(y)
                : Variable.constant(y);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        long d = dy.shape().size(-1);
        Tensor dx = Tensor.empty(dy.device(), dy.shape().toArray());
        Tensor dgamma = Tensor.empty(dy.device(), d);
        Tensor dbeta = Tensor.empty(dy.device(), d);
        dy.device()
                .backend()
                .transformers()
                .layerNormBackward(dy, x.get(), gamma.get(), mean.get(), rstd.get(), dx, dgamma, dbeta);
        @Nullable Tensor[] gradients = {dx, dgamma, dbeta};
        for (int i = 0; i < gradients.length; i++) {
            Tensor gradient = gradients[i];
            if (!needs(i) && gradient != null) {
                gradient.close();
                gradients[i] = null;
            }
        }
        return gradients;
    }
}
