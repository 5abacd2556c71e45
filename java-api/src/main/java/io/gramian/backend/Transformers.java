package io.gramian.backend;

import io.gramian.DType;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;

/** Layers of transformers: layer normalisation, GELU, attention. Outputs share no memory with inputs unless it is said. */
public final class Transformers {
    private final Stream stream;

    Transformers(Stream stream) {
        this.stream = stream;
    }

    /**
     * Layer normalisation of the last axis: {@code y = gamma (x - mean) rstd + beta}, {@code rstd = 1 / sqrt(biased variance
     * + eps)}; mean and variance in float64, two passes. On CUDA devices y, and in the backward pass dy, may be bfloat16, as
     * products read it.
     *
     * @param x input (..., d), d at least 1; {@code rows} is the product of the other sizes
     * @param gamma factors (d)
     * @param beta offsets (d)
     * @param eps added to the variance, above 0
     * @param y receives the output, of the shape of x
     * @param mean receives the mean of each row (rows)
     * @param rstd receives the reciprocal deviation of each row (rows)
     */
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor y, Tensor mean, Tensor rstd) {
        long d = checkRows("x", x);
        long rows = x.elements() / d;
        Check.shape("gamma", gamma, d);
        Check.shape("beta", beta, d);
        Check.positive("eps", eps);
        Check.activations("y", y);
        Check.shape("y", y, y.dtype(), x.shape().toArray());
        Check.shape("mean", mean, rows);
        Check.shape("rstd", rstd, rows);
        checkApart("y", y, x, gamma, beta, mean, rstd);
        checkApart("mean", mean, x, gamma, beta, rstd);
        checkApart("rstd", rstd, x, gamma, beta);
        Normalize kernel = y.dtype() == DType.BFLOAT16
                ? Kernels::gramian_layer_norm_forward_bf16
                : Kernels::gramian_layer_norm_forward;
        stream.run((kernels, context) -> kernel.call(
                kernels,
                context,
                x.address(),
                rows,
                d,
                gamma.address(),
                beta.address(),
                eps,
                y.address(),
                mean.address(),
                rstd.address()));
        y.touch();
    }

    /**
     * Gradients of {@link #layerNorm}.
     *
     * @param dy gradient of the output (..., d)
     * @param x its input, with mean and rstd (rows) as the forward pass gave them
     * @param dx receives the gradient of x
     * @param dgamma receives that of gamma (d)
     * @param dbeta receives that of beta (d)
     */
    public void layerNormBackward(
            Tensor dy, Tensor x, Tensor gamma, Tensor mean, Tensor rstd, Tensor dx, Tensor dgamma, Tensor dbeta) {
        long d = checkRows("x", x);
        long rows = x.elements() / d;
        Check.activations("dy", dy);
        Check.shape("dy", dy, dy.dtype(), x.shape().toArray());
        Check.shape("gamma", gamma, d);
        Check.shape("mean", mean, rows);
        Check.shape("rstd", rstd, rows);
        Check.shape("dx", dx, x.shape().toArray());
        Check.shape("dgamma", dgamma, d);
        Check.shape("dbeta", dbeta, d);
        checkApart("dx", dx, dy, x, gamma, mean, rstd, dgamma, dbeta);
        checkApart("dgamma", dgamma, dy, x, gamma, mean, rstd, dbeta);
        checkApart("dbeta", dbeta, dy, x, gamma, mean, rstd);
        NormalizeBackward kernel = dy.dtype() == DType.BFLOAT16
                ? Kernels::gramian_layer_norm_backward_bf16
                : Kernels::gramian_layer_norm_backward;
        stream.run((kernels, context) -> kernel.call(
                kernels,
                context,
                dy.address(),
                x.address(),
                rows,
                d,
                gamma.address(),
                mean.address(),
                rstd.address(),
                dx.address(),
                dgamma.address(),
                dbeta.address()));
        dx.touch();
        dgamma.touch();
        dbeta.touch();
    }

    /**
     * {@code y = x Phi(x)} with the normal distribution's Phi: the exact form, not that with tanh. x and y are float32 or, on
     * CUDA devices, bfloat16; y may be x.
     */
    public void gelu(Tensor x, Tensor y) {
        Check.activations("x", x);
        Check.shape("y", y, x.dtype(), x.shape().toArray());
        checkSameOrApart("y", y, "x", x);
        stream.run((kernels, context) -> x.dtype() == DType.BFLOAT16
                ? kernels.gramian_gelu_forward_bf16(context, x.address(), x.elements(), y.address())
                : kernels.gramian_gelu_forward(context, x.address(), x.elements(), y.address()));
        y.touch();
    }

    /** {@code dx = dy (Phi(x) + x phi(x))}, all of the type of x; dx may be dy. */
    public void geluBackward(Tensor x, Tensor dy, Tensor dx) {
        Check.activations("x", x);
        Check.shape("dy", dy, x.dtype(), x.shape().toArray());
        Check.shape("dx", dx, x.dtype(), x.shape().toArray());
        Check.sameDevice("dy", dy, "x", x);
        Check.disjoint("dx", dx, "x", x);
        checkSameOrApart("dx", dx, "dy", dy);
        stream.run((kernels, context) -> x.dtype() == DType.BFLOAT16
                ? kernels.gramian_gelu_backward_bf16(context, x.address(), dy.address(), x.elements(), dx.address())
                : kernels.gramian_gelu_backward(context, x.address(), dy.address(), x.elements(), dx.address()));
        dx.touch();
    }

    /**
     * Attention: {@code out_i = sum_j softmax_j(scale <q_i, k_j>) v_j} for each sequence and head. Scores are never stored:
     * O(b t h e) memory, O(b h t^2 e) time. On CUDA devices qkv, out and their gradients may be bfloat16, all alike.
     *
     * @param qkv queries, keys and values of each token side by side (b, t, 3, h, e), e at least 1
     * @param scale factor of the scores; finite, usually {@code 1 / sqrt(e)}
     * @param out receives the output (b, t, h, e)
     * @param logSum receives {@code log sum_j exp(scale <q_i, k_j>)} (b, h, t)
     */
    public void attention(Tensor qkv, float scale, Tensor out, Tensor logSum) {
        long[] s = checkAttention(qkv, scale, out, logSum);
        checkApart("out", out, qkv, logSum);
        checkApart("logSum", logSum, qkv);
        Attend kernel = qkv.dtype() == DType.BFLOAT16
                ? Kernels::gramian_attention_forward_bf16
                : Kernels::gramian_attention_forward;
        stream.runLayer((kernels, context) -> kernel.call(
                kernels, context, qkv.address(), s[0], s[1], s[3], s[4], scale, out.address(), logSum.address()));
        out.touch();
    }

    /**
     * Gradient of {@link #attention}: recomputes the scores from logSum.
     *
     * @param out its output, {@code logSum} as it came with it
     * @param dout gradient of the output (b, t, h, e)
     * @param dqkv receives the gradient of qkv
     */
    public void attentionBackward(Tensor qkv, Tensor out, Tensor logSum, Tensor dout, float scale, Tensor dqkv) {
        long[] s = checkAttention(qkv, scale, out, logSum);
        Check.shape("dout", dout, qkv.dtype(), s[0], s[1], s[3], s[4]);
        Check.shape("dqkv", dqkv, qkv.dtype(), s);
        checkApart("dqkv", dqkv, qkv, out, logSum, dout);
        AttendBackward kernel = qkv.dtype() == DType.BFLOAT16
                ? Kernels::gramian_attention_backward_bf16
                : Kernels::gramian_attention_backward;
        stream.runLayer((kernels, context) -> kernel.call(
                kernels,
                context,
                qkv.address(),
                out.address(),
                logSum.address(),
                dout.address(),
                s[0],
                s[1],
                s[3],
                s[4],
                scale,
                dqkv.address()));
        dqkv.touch();
    }

    /** A kernel of {@link #layerNorm}, for y of one type or the other. */
    @FunctionalInterface
    private interface Normalize {
        int call(
                Kernels kernels,
                long context,
                long x,
                long rows,
                long d,
                long gamma,
                long beta,
                float eps,
                long y,
                long mean,
                long rstd);
    }

    /** One of {@link #layerNormBackward}. */
    @FunctionalInterface
    private interface NormalizeBackward {
        int call(
                Kernels kernels,
                long context,
                long dy,
                long x,
                long rows,
                long d,
                long gamma,
                long mean,
                long rstd,
                long dx,
                long dgamma,
                long dbeta);
    }

    /** One of {@link #attention}. */
    @FunctionalInterface
    private interface Attend {
        int call(
                Kernels kernels,
                long context,
                long qkv,
                long b,
                long t,
                long h,
                long e,
                float scale,
                long out,
                long logSum);
    }

    /** One of {@link #attentionBackward}. */
    @FunctionalInterface
    private interface AttendBackward {
        int call(
                Kernels kernels,
                long context,
                long qkv,
                long out,
                long logSum,
                long dout,
                long b,
                long t,
                long h,
                long e,
                float scale,
                long dqkv);
    }

    private static long checkRows(String name, Tensor x) {
        Check.dtype(name, x, DType.FLOAT32);
        if (x.shape().rank() < 1 || x.shape().size(-1) < 1) {
            throw new IllegalArgumentException(
                    name + ": expected a tensor (..., d) with d of at least 1, got " + x.shape());
        }
        return x.shape().size(-1);
    }

    private static long[] checkAttention(Tensor qkv, float scale, Tensor out, Tensor logSum) {
        Check.activations("qkv", qkv);
        long[] s = qkv.shape().toArray();
        if (s.length != 5 || s[2] != 3 || s[4] < 1) {
            throw new IllegalArgumentException(
                    "qkv: expected (b, t, 3, h, e) with e of at least 1, got " + qkv.shape());
        }
        if (!Float.isFinite(scale)) {
            throw new IllegalArgumentException("scale: expected a finite number, got " + scale);
        }
        Check.shape("out", out, qkv.dtype(), s[0], s[1], s[3], s[4]);
        Check.shape("logSum", logSum, s[0], s[3], s[1]);
        return s;
    }

    private static void checkApart(String name, Tensor output, Tensor... others) {
        for (Tensor other : others) {
            Check.disjoint(name, output, "another argument", other);
        }
    }

    private static void checkSameOrApart(String name, Tensor output, String inputName, Tensor input) {
        Check.sameDevice(name, output, inputName, input);
        if (output.address() != input.address()) {
            Check.disjoint(name, output, inputName, input);
        }
    }
}
