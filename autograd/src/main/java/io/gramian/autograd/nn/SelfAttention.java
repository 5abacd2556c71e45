package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Attention;
import io.gramian.autograd.function.Reshape;
import io.gramian.backend.Check;

/**
 * Self-attention with several heads (Vaswani et al., 2017) of sequences (n, t, width): a linear map {@code qkv} to queries,
 * keys and values, attention of each head with the factor {@code 1 / sqrt(width / heads)}, and a linear map {@code proj}.
 */
public final class SelfAttention extends Module {
    private final Linear qkv;
    private final Linear proj;
    private final int width;
    private final int heads;

    /**
     * A layer with these sizes; the weights start as {@link Init#XAVIER}, those of queries, keys and values each for itself.
     *
     * @throws IllegalArgumentException if the heads do not divide the width
     */
    public SelfAttention(Device device, int width, int heads, Generator generator) {
        Check.atLeast("width", width, 1);
        Check.atLeast("heads", heads, 1);
        if (width % heads != 0) {
            throw new IllegalArgumentException("heads: expected a divisor of the width " + width + ", got " + heads);
        }
        this.width = width;
        this.heads = heads;
        qkv = add("qkv", new Linear(device, width, 3 * width, true, Init.XAVIER_OF_THREE, generator.split(0)));
        proj = add("proj", new Linear(device, width, width, true, Init.XAVIER, generator.split(1)));
    }

    @Override
    public Variable forward(Variable x) {
        long[] s = x.value().shape().toArray();
        if (s.length != 3 || s[2] != width) {
            throw new IllegalArgumentException("self-attention: expected x (n, t, " + width + "), got "
                    + x.value().shape());
        }
        int each = width / heads;
        Variable operands = qkv.forward(Reshape.apply(x, s[0] * s[1], width));
        Variable out =
                Attention.apply(Reshape.apply(operands, s[0], s[1], 3, heads, each), (float) (1 / Math.sqrt(each)));
        return Reshape.apply(proj.forward(Reshape.apply(out, s[0] * s[1], width)), s);
    }
}
