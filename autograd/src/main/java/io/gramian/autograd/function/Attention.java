package io.gramian.autograd.function;

import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Function;
import io.gramian.autograd.Saved;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * Attention (Vaswani et al., 2017, equation 1) of queries, keys and values (b, t, 3, h, e): (b, t, h, e). Input, output and
 * one number for each query are saved; scores are computed again for the gradient, never stored. Input and output are float32 or, on CUDA devices,
 * bfloat16.
 */
public final class Attention extends Function {
    private final Saved qkv;
    private final Saved out;
    private final Saved logSum;
    private final float scale;

    private Attention(Variable qkv, Tensor out, Tensor logSum, float scale) {
        super("Attention", qkv);
        this.qkv = save("qkv", qkv.value());
        this.out = save("out", out);
        this.logSum = save("logSum", logSum);
        this.scale = scale;
    }

    /** Applies it; scale is the factor of the scores, {@code 1 / sqrt(e)} in the paper. */
    public static Variable apply(Variable qkv, float scale) {
        Tensor in = qkv.value();
        long[] s = in.shape().toArray();
        if (s.length != 5) {
            throw new IllegalArgumentException("attention: expected qkv (b, t, 3, h, e), got " + in.shape());
        }
        Tensor out = Tensor.empty(in.device(), in.dtype(), s[0], s[1], s[3], s[4]);
        Tensor logSum = Tensor.empty(in.device(), s[0], s[3], s[1]);
        in.device().backend().transformers().attention(in, scale, out, logSum);
        return Autograd.records(qkv) ? new Attention(qkv, out, logSum, scale).output(out) : Variable.constant(out);
    }

    @Override
    protected @Nullable Tensor[] backward(Tensor dy) {
        Tensor dqkv = Tensor.empty(dy.device(), dy.dtype(), qkv.get().shape().toArray());
        dy.device().backend().transformers().attentionBackward(qkv.get(), out.get(), logSum.get(), dy, scale, dqkv);
        return new Tensor[] {dqkv};
    }
}
