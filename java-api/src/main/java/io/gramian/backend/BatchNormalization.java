package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalisation over all axes but the last, fused with the addition of a residual and ReLU:
 * {@code y = relu(gamma (x - mean) rstd + beta + residual)}. On CUDA devices x, residual, y and their gradients may be
 * bfloat16, all of a call alike; statistics, factors and offsets are float32.
 */
public final class BatchNormalization {
    private final Stream stream;

    BatchNormalization(Stream stream) {
        this.stream = stream;
    }

    /**
     * What is added to and done with the normalised values.
     *
     * @param gamma factors (c), null for 1
     * @param beta offsets (c), null for 0; null exactly when gamma is
     * @param residual added before the ReLU, of the shape of x, or null
     * @param relu whether negative results become 0
     */
    public record Epilogue(@Nullable Tensor gamma, @Nullable Tensor beta, @Nullable Tensor residual, boolean relu) {}

    /**
     * Statistics that an evaluation uses; a training step moves them by {@code momentum} towards those of its batch.
     *
     * @param mean running means (c)
     * @param variance running unbiased variances (c)
     * @param momentum share of the newest batch, in [0, 1]
     */
    public record Running(Tensor mean, Tensor variance, float momentum) {}

    /**
     * Normalises by the statistics of the batch.
     *
     * @param x (..., c) with at least 2 values per channel
     * @param eps added to the biased variance, above 0
     * @param running moved towards the statistics of the batch, or null
     * @param y receives the output, of the shape of x
     * @param mean receives the means (c)
     * @param rstd receives {@code 1 / sqrt(variance + eps)} (c)
     */
    public void forward(
            Tensor x, Epilogue epilogue, float eps, @Nullable Running running, Tensor y, Tensor mean, Tensor rstd) {
        long c = channels(x, epilogue, eps, y);
        long rows = c == 0 ? 0 : x.elements() / c;
        if (rows < 2) {
            throw new IllegalArgumentException(
                    "batch normalisation: expected at least 2 values per channel in training, got " + rows
                            + " in shape " + x.shape() + "; use a larger batch, or evaluation mode");
        }
        Check.shape("mean", mean, c);
        Check.shape("rstd", rstd, c);
        if (running != null) {
            Check.shape("running mean", running.mean(), c);
            Check.shape("running variance", running.variance(), c);
        }
        BatchPass pass = half(x) ? Kernels::gramian_batch_norm_forward_bf16 : Kernels::gramian_batch_norm_forward;
        stream.run((kernels, context) -> pass.call(
                kernels,
                context,
                rows,
                c,
                x.address(),
                at(epilogue.gamma()),
                at(epilogue.beta()),
                at(epilogue.residual()),
                eps,
                running == null ? 0 : running.momentum(),
                epilogue.relu() ? 1 : 0,
                running == null ? 0 : running.mean().address(),
                running == null ? 0 : running.variance().address(),
                y.address(),
                mean.address(),
                rstd.address()));
        if (running != null) {
            running.mean().touch();
            running.variance().touch();
        }
    }

    /** Normalises by given statistics (c) each; writes rstd (c). */
    public void evaluate(Tensor x, Epilogue epilogue, Tensor mean, Tensor variance, float eps, Tensor y, Tensor rstd) {
        long c = channels(x, epilogue, eps, y);
        Check.shape("mean", mean, c);
        Check.shape("variance", variance, c);
        Check.shape("rstd", rstd, c);
        GivenPass pass = half(x) ? Kernels::gramian_batch_norm_evaluate_bf16 : Kernels::gramian_batch_norm_evaluate;
        stream.run((kernels, context) -> pass.call(
                kernels,
                context,
                c == 0 ? 0 : x.elements() / c,
                c,
                x.address(),
                at(epilogue.gamma()),
                at(epilogue.beta()),
                at(epilogue.residual()),
                mean.address(),
                variance.address(),
                eps,
                epilogue.relu() ? 1 : 0,
                y.address(),
                rstd.address()));
    }

    /**
     * What the backward pass reads from the forward pass.
     *
     * @param x input of the forward pass
     * @param y output of the forward pass; only read with residual and ReLU
     * @param mean the means that were used (c)
     * @param rstd as the forward pass wrote it (c)
     * @param batchStatistics whether mean and rstd came from x, so that the gradient flows through them
     */
    public record Forward(Tensor x, @Nullable Tensor y, Tensor mean, Tensor rstd, boolean batchStatistics) {}

    /**
     * Gradients of both forms.
     *
     * @param epilogue as in the forward pass; whether the residual is null counts, its values do not
     * @param dy gradient of y; receives the gradient of the residual when there is one
     * @param dx receives the gradient of x; may be dy when there is no residual
     * @param dgamma receives the gradient of gamma (c)
     * @param dbeta receives the gradient of beta (c)
     */
    public void backward(Forward forward, Epilogue epilogue, Tensor dy, Tensor dx, Tensor dgamma, Tensor dbeta) {
        Tensor x = forward.x();
        Tensor y = forward.y();
        long c = x.shape().size(-1);
        boolean residual = epilogue.residual() != null;
        checkBackward(forward, epilogue, dy, dx);
        Check.shape("dgamma", dgamma, c);
        Check.shape("dbeta", dbeta, c);
        BackwardPass pass = half(x) ? Kernels::gramian_batch_norm_backward_bf16 : Kernels::gramian_batch_norm_backward;
        stream.run((kernels, context) -> pass.call(
                kernels,
                context,
                c == 0 ? 0 : x.elements() / c,
                c,
                x.address(),
                at(y),
                at(epilogue.gamma()),
                at(epilogue.beta()),
                forward.mean().address(),
                forward.rstd().address(),
                epilogue.relu() ? 1 : 0,
                forward.batchStatistics() ? 1 : 0,
                dy.address(),
                dx.address(),
                dgamma.address(),
                dbeta.address(),
                residual ? dy.address() : 0));
        dx.touch();
    }

    private static void checkBackward(Forward forward, Epilogue epilogue, Tensor dy, Tensor dx) {
        Tensor x = forward.x();
        Tensor y = forward.y();
        long[] shape = x.shape().toArray();
        Check.activations("x", x);
        Check.shape("dy", dy, x.dtype(), shape);
        Check.shape("dx", dx, x.dtype(), shape);
        Check.shape("mean", forward.mean(), x.shape().size(-1));
        Check.shape("rstd", forward.rstd(), x.shape().size(-1));
        Check.disjoint("dx", dx, "x", x);
        boolean residual = epilogue.residual() != null;
        if (residual) {
            Check.disjoint("dx", dx, "dy", dy);
        }
        if (residual && epilogue.relu() && y == null) {
            throw new IllegalArgumentException("y: expected the output of the forward pass, got null");
        }
        if (y != null) {
            Check.shape("y", y, x.dtype(), shape);
        }
    }

    private static long channels(Tensor x, Epilogue epilogue, float eps, Tensor y) {
        Check.activations("x", x);
        if (x.shape().rank() < 2) {
            throw new IllegalArgumentException("x: expected (..., c) with at least 2 axes, got " + x.shape());
        }
        long c = x.shape().size(-1);
        Check.positive("eps", eps);
        Check.shape("y", y, x.dtype(), x.shape().toArray());
        Tensor gamma = epilogue.gamma();
        Tensor beta = epilogue.beta();
        if ((gamma == null) != (beta == null)) {
            throw new IllegalArgumentException(
                    "expected gamma and beta, or neither; got only " + (gamma == null ? "beta" : "gamma"));
        }
        if (gamma != null && beta != null) {
            Check.shape("gamma", gamma, c);
            Check.shape("beta", beta, c);
        }
        if (epilogue.residual() != null) {
            Check.shape("residual", epilogue.residual(), x.dtype(), x.shape().toArray());
        }
        return c;
    }

    private static boolean half(Tensor x) {
        return x.dtype() == DType.BFLOAT16;
    }

    private static long at(@Nullable Tensor tensor) {
        return tensor == null ? 0 : tensor.address();
    }

    /** A kernel that normalises by the statistics of the batch, for one type of activations. */
    @FunctionalInterface
    private interface BatchPass {
        int call(
                Kernels kernels,
                long context,
                long rows,
                long c,
                long x,
                long gamma,
                long beta,
                long residual,
                float eps,
                float momentum,
                int relu,
                long runningMean,
                long runningVariance,
                long y,
                long mean,
                long rstd);
    }

    /** A kernel that normalises by given statistics. */
    @FunctionalInterface
    private interface GivenPass {
        int call(
                Kernels kernels,
                long context,
                long rows,
                long c,
                long x,
                long gamma,
                long beta,
                long residual,
                long mean,
                long variance,
                float eps,
                int relu,
                long y,
                long rstd);
    }

    /** The gradient of both. */
    @FunctionalInterface
    private interface BackwardPass {
        int call(
                Kernels kernels,
                long context,
                long rows,
                long c,
                long x,
                long y,
                long gamma,
                long beta,
                long mean,
                long rstd,
                int relu,
                int batchStatistics,
                long dy,
                long dx,
                long dgamma,
                long dbeta,
                long dresidual);
    }
}
