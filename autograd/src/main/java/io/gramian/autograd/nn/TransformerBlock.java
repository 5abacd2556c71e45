package io.gramian.autograd.nn;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Add;
import io.gramian.autograd.function.Gelu;
import io.gramian.autograd.function.Reshape;

/**
 * The block of vision transformers (Dosovitskiy et al., 2021, equations 2 and 3) on sequences (n, t, width): {@code y = x +
 * attn(norm1(x))}, {@code z = y + fc2(gelu(fc1(norm2(y))))} with four times the width inside. Names of parameters are timm's:
 * {@code norm1}, {@code attn.qkv}, {@code attn.proj}, {@code norm2}, {@code mlp.fc1}, {@code mlp.fc2}.
 *
 * <p>Where layers are rounded to bfloat16, what normalisations, linear maps, attention and GELU give is stored as such; x,
 * y and z are float32: every block adds a term to them that is small beside what they have gathered.
 */
public final class TransformerBlock extends Module {
    private static final float EPS = 1e-6f;
    private static final int MLP_RATIO = 4;

    private final LayerNorm norm1;
    private final SelfAttention attention;
    private final LayerNorm norm2;
    private final Mlp mlp;

    /** A block with these sizes; linear maps start as {@link Init#XAVIER} with offsets of 0. */
    public TransformerBlock(Device device, int width, int heads, Generator generator) {
        norm1 = add("norm1", new LayerNorm(device, width, EPS));
        attention = add("attn", new SelfAttention(device, width, heads, generator.split(1)));
        norm2 = add("norm2", new LayerNorm(device, width, EPS));
        mlp = add("mlp", new Mlp(device, width, generator.split(2)));
    }

    private static final class Mlp extends Module {
        private final Linear fc1;
        private final Linear fc2;

        Mlp(Device device, int width, Generator generator) {
            int hidden = Math.multiplyExact(MLP_RATIO, width);
            fc1 = add("fc1", new Linear(device, width, hidden, true, Init.XAVIER, generator.split(0)));
            fc2 = add("fc2", new Linear(device, hidden, width, true, Init.XAVIER, generator.split(1)));
        }

        @Override
        public Variable forward(Variable x) {
            long[] s = x.value().shape().toArray();
            Variable rows = Reshape.apply(x, s[0] * s[1], s[2]);
            return Reshape.apply(fc2.forward(Gelu.apply(fc1.forward(rows))), s);
        }
    }

    @Override
    public Variable forward(Variable x) {
        DType stored = x.device().backend().network().activations();
        Variable y = Add.apply(x, attention.forward(norm1.forward(x, stored)));
        return Add.apply(y, mlp.forward(norm2.forward(y, stored)));
    }
}
