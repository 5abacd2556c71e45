package io.gramian.models.train;

import io.gramian.reference.AttentionReference;
import io.gramian.reference.GeluReference;
import io.gramian.reference.LayerNormReference;
import java.util.Map;
import java.util.function.Consumer;

/** A small vision transformer in float64, on the steps of a {@link Chain64}: patches to class tokens. */
final class Vit64 {
    private static final double EPS = 1e-6;

    private final Map<String, double[]> values;
    private final Map<String, double[]> gradients;
    private final int images;
    private final int heads;

    /** For so many images; parameters and gradients by name. */
    Vit64(Map<String, double[]> values, Map<String, double[]> gradients, int images, int heads) {
        this.values = values;
        this.gradients = gradients;
        this.images = images;
        this.heads = heads;
    }

    /** From rows of patches, those of an image below each other, to one row an image. */
    Chain64 of(String prefix, double[] patches, int depth) {
        int count = values.get(prefix + "pos_embed").length / values.get(prefix + "cls_token").length - 1;
        Chain64 chain = new Chain64(values, gradients, patches, images * count).linear(prefix + "patch_embed.proj");
        tokens(chain, prefix, count);
        for (int i = 0; i < depth; i++) {
            String block = prefix + "blocks." + i + ".";
            residual(chain, inner -> {
                layerNorm(inner, block + "norm1");
                inner.linear(block + "attn.qkv");
                attention(inner, count + 1);
                inner.linear(block + "attn.proj");
            });
            residual(chain, inner -> {
                layerNorm(inner, block + "norm2");
                inner.linear(block + "mlp.fc1");
                gelu(inner);
                inner.linear(block + "mlp.fc2");
            });
        }
        layerNorm(chain, prefix + "norm");
        classToken(chain, count + 1);
        return chain;
    }

    /** The class token before the patches of each image, and positions added. */
    private void tokens(Chain64 chain, String prefix, int count) {
        double[] x = chain.output();
        double[] token = values.get(prefix + "cls_token");
        double[] positions = values.get(prefix + "pos_embed");
        int d = token.length;
        int size = (count + 1) * d;
        double[] y = new double[images * size];
        for (int i = 0; i < y.length; i++) {
            int at = i % size;
            y[i] = positions[at] + (at < d ? token[at] : x[i / size * count * d + at - d]);
        }
        chain.then(y, images * (count + 1), dy -> {
            double[] dx = new double[x.length];
            double[] dtoken = new double[d];
            for (int i = 0; i < dy.length; i++) {
                int at = i % size;
                if (at < d) {
                    dtoken[at] += dy[i];
                } else {
                    dx[i / size * count * d + at - d] = dy[i];
                }
            }
            chain.add(prefix + "cls_token", dtoken);
            return dx;
        });
    }

    private void residual(Chain64 chain, Consumer<Chain64> body) {
        double[] x = chain.output();
        Chain64 inner = new Chain64(values, gradients, x, chain.rows());
        body.accept(inner);
        chain.then(sum(x, inner.output()), chain.rows(), dy -> sum(dy, inner.backward(dy)));
    }

    private void layerNorm(Chain64 chain, String name) {
        double[] x = chain.output();
        double[] gamma = values.get(name + ".weight");
        LayerNormReference norm = new LayerNormReference(chain.rows(), gamma.length, EPS);
        chain.then(norm.value(x, gamma, values.get(name + ".bias")), chain.rows(), dy -> {
            chain.add(name + ".weight", norm.dgamma(x, dy));
            chain.add(name + ".bias", norm.dbeta(dy));
            return norm.dx(x, gamma, dy);
        });
    }

    private void attention(Chain64 chain, int tokens) {
        double[] qkv = chain.output();
        int each = qkv.length / (images * tokens * 3 * heads);
        AttentionReference attention = new AttentionReference(images, tokens, heads, each, 1 / Math.sqrt(each));
        chain.then(attention.value(qkv), chain.rows(), dy -> attention.gradient(qkv, dy));
    }

    private static void gelu(Chain64 chain) {
        double[] x = chain.output();
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = GeluReference.value(x[i]);
        }
        chain.then(y, chain.rows(), dy -> {
            double[] dx = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                dx[i] = dy[i] * GeluReference.derivative(x[i]);
            }
            return dx;
        });
    }

    private void classToken(Chain64 chain, int tokens) {
        double[] x = chain.output();
        int d = x.length / (images * tokens);
        double[] y = new double[images * d];
        for (int i = 0; i < y.length; i++) {
            y[i] = x[i / d * tokens * d + i % d];
        }
        chain.then(y, images, dy -> {
            double[] dx = new double[x.length];
            for (int i = 0; i < dy.length; i++) {
                dx[i / d * tokens * d + i % d] = dy[i];
            }
            return dx;
        });
    }

    private static double[] sum(double[] a, double[] b) {
        double[] sum = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }
}
