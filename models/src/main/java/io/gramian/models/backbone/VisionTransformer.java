package io.gramian.models.backbone;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.AddToEach;
import io.gramian.autograd.function.Convolution;
import io.gramian.autograd.function.PrependToken;
import io.gramian.autograd.function.Reshape;
import io.gramian.autograd.function.Tokens;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.LayerNorm;
import io.gramian.autograd.nn.Module;
import io.gramian.autograd.nn.TransformerBlock;
import io.gramian.backend.Check;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Vision transformer (Dosovitskiy et al., 2021, arXiv 2010.11929) without its classifier, as MoCo v3 trains it: images (n,
 * size, size, c) to the class token (n, width) behind the last normalisation. Positions are fixed sines and cosines
 * ({@link SineCosinePositions}). Images may have another size, as small views do: theirs are computed for it.
 *
 * <p>Weights start as in {@code facebookresearch/moco-v3: vits.py}: linear maps uniform in {@code +-sqrt(6 / (fan_in +
 * fan_out))}, queries, keys and values each for itself, offsets 0; the class token normal with deviation 1e-6; the patch
 * projection uniform in {@code +-sqrt(6 / (patch^2 c + width))}. A frozen patch projection stays as it was drawn (Chen et al.
 * 2021, arXiv 2104.02057, section 4.2): it is a buffer, saved but not trained.
 *
 * <p>Where layers are rounded to bfloat16, activations inside the blocks, and their gradients, are stored as such; tokens
 * between the blocks and features are float32.
 *
 * <p>Names of parameters and buffers are timm's; the patch projection is stored as (width, patch, patch, c).
 */
public final class VisionTransformer extends Backbone {
    private static final float EPS = 1e-6f;
    private static final double TOKEN_DEVIATION = 1e-6;

    private final Settings settings;
    private final Variable token;
    private final Map<Integer, Tensor> positions = new HashMap<>();
    private final PatchEmbedding patches;
    private final List<TransformerBlock> blocks = new ArrayList<>();
    private final LayerNorm norm;

    /**
     * What the network looks like.
     *
     * @param size side of the images, a multiple of patch; that of {@code pos_embed}
     * @param patch side of a patch
     * @param channels channels of the images
     * @param width of the tokens, a multiple of 4 and of heads
     * @param depth blocks
     * @param heads of each block
     * @param frozenPatches whether the patch projection stays as it was drawn
     */
    public record Settings(int size, int patch, int channels, int width, int depth, int heads, boolean frozenPatches) {
        /** Checks the ranges. */
        public Settings {
            Check.atLeast("patch", patch, 1);
            Check.atLeast("size", size, 1);
            Check.atLeast("channels", channels, 1);
            Check.atLeast("depth", depth, 1);
            Check.atLeast("heads", heads, 1);
            if (size % patch != 0) {
                throw new IllegalArgumentException(
                        "patch: expected a divisor of the images' side " + size + ", got " + patch);
            }
            if (width < 4 || width % 4 != 0 || width % heads != 0) {
                throw new IllegalArgumentException(
                        "width: expected a multiple of 4 and of the " + heads + " heads, got " + width);
            }
        }

        /** ViT-Tiny: 192 wide, 3 heads, 12 blocks. */
        public static Settings tiny(int size, int patch, int channels) {
            return new Settings(size, patch, channels, 192, 12, 3, false);
        }

        /** ViT-Small: 384 wide, 6 heads (MoCo v3's has 12), 12 blocks. */
        public static Settings small(int size, int patch, int channels) {
            return new Settings(size, patch, channels, 384, 12, 6, false);
        }

        /** ViT-Base: 768 wide, 12 heads, 12 blocks. */
        public static Settings base(int size, int patch, int channels) {
            return new Settings(size, patch, channels, 768, 12, 12, false);
        }

        /** Patches along a side. */
        public int side() {
            return size / patch;
        }
    }

    /** A network with these settings. The seed decides the weights. */
    public VisionTransformer(Device device, Settings settings, long seed) {
        this.settings = settings;
        Generator generator = Generator.of(seed);
        int width = settings.width();
        token = addParameter("cls_token", generator.split(0).normal(device, TOKEN_DEVIATION, 1, 1, width));
        positions.put(settings.side(), addBuffer("pos_embed", positions(device, settings.side())));
        patches = add("patch_embed", new PatchEmbedding(device, settings, generator.split(1)));
        Chain chain = add("blocks", new Chain());
        for (int i = 0; i < settings.depth(); i++) {
            blocks.add(
                    chain.append(i, new TransformerBlock(device, width, settings.heads(), generator.split(100L + i))));
        }
        norm = add("norm", new LayerNorm(device, width, EPS));
    }

    /** A convolution of patches that do not overlap: images (n, h, w, c) to tokens (n, h w / patch^2, width). */
    private static final class PatchEmbedding extends Module {
        private final int patch;
        private final Variable weight;
        private final Variable bias;

        PatchEmbedding(Device device, Settings settings, Generator generator) {
            patch = settings.patch();
            int width = settings.width();
            double flattened = (double) patch * patch * settings.channels();
            Tensor drawn = generator.uniform(
                    device, Math.sqrt(6 / (flattened + width)), width, patch, patch, settings.channels());
            Tensor zeros = Tensor.zeros(device, width);
            boolean frozen = settings.frozenPatches();
            weight = frozen ? Variable.constant(addBuffer("proj.weight", drawn)) : addParameter("proj.weight", drawn);
            bias = frozen ? Variable.constant(addBuffer("proj.bias", zeros)) : addParameter("proj.bias", zeros);
        }

        @Override
        public Variable forward(Variable x) {
            Variable y = Convolution.apply(x, weight, bias, patch, 0);
            long[] s = y.value().shape().toArray();
            return Reshape.apply(y, s[0], s[1] * s[2], s[3]);
        }
    }

    /** Holds the blocks under their names. */
    private static final class Chain extends Module {
        private final List<TransformerBlock> members = new ArrayList<>();

        TransformerBlock append(int index, TransformerBlock block) {
            members.add(block);
            return add(Integer.toString(index), block);
        }

        @Override
        public Variable forward(Variable x) {
            Variable y = x;
            for (TransformerBlock block : members) {
                y = block.forward(y);
            }
            return y;
        }
    }

    /** What the network looks like. */
    public Settings settings() {
        return settings;
    }

    @Override
    public int channels() {
        return settings.channels();
    }

    @Override
    public int features() {
        return settings.width();
    }

    /** The class token (n, width). */
    @Override
    public Variable forward(Variable x) {
        Variable all = tokens(x);
        return Reshape.apply(Tokens.apply(all, 0, 1), x.value().shape().size(0), settings.width());
    }

    /** The tokens of the patches, where they lie in the image: (n, size / patch, size / patch, width). */
    @Override
    public Variable maps(Variable x) {
        long side = side(x);
        return Reshape.apply(
                Tokens.apply(tokens(x), 1, side * side + 1), x.value().shape().size(0), side, side, settings.width());
    }

    /** Class token and patches (n, size^2 / patch^2 + 1, width). Without recording, a block's memory is freed behind it. */
    private Variable tokens(Variable x) {
        Tensor places = positions.computeIfAbsent(side(x), side -> resized(x.device(), side));
        Variable y = AddToEach.apply(PrependToken.apply(token, patches.forward(x)), places);
        for (TransformerBlock block : blocks) {
            y = through(block, y);
        }
        return norm.forward(y);
    }

    /** Patches along a side of these images. */
    private int side(Variable x) {
        long[] s = x.value().shape().toArray();
        int patch = settings.patch();
        if (s.length != 4 || s[1] < patch || s[1] % patch != 0 || s[2] != s[1] || s[3] != settings.channels()) {
            throw new IllegalArgumentException("vision transformer: expected square images (n, size, size, "
                    + settings.channels() + ") of a multiple of " + patch + " pixels, got "
                    + x.value().shape());
        }
        return Math.toIntExact(s[1] / patch);
    }

    /** Those of images of another size, once; learned positions, read from a file, are those of one size. */
    private Tensor resized(Device device, int side) {
        Tensor own = positions.get(settings.side());
        try (Tensor computed = positions(device, settings.side())) {
            if (own == null || !Arrays.equals(own.toFloats(), computed.toFloats())) {
                throw new IllegalArgumentException("vision transformer: expected images of " + settings.size()
                        + " pixels, since the positions are not sines and cosines but learned ones, got "
                        + side * settings.patch() + " pixels");
            }
        }
        return keep(positions(device, side));
    }

    /** Of so many patches a side, in the order of the tokens: (1, side^2 + 1, width). */
    private Tensor positions(Device device, int side) {
        SineCosinePositions fixed = SineCosinePositions.resized(side, settings.side(), settings.width());
        try (Tensor flat = fixed.tensor(device)) {
            return flat.reshape(1, fixed.tokens(), settings.width());
        }
    }

    private static Variable through(TransformerBlock block, Variable x) {
        if (Autograd.recording()) {
            return block.forward(x);
        }
        try (Scope scope = Scope.open()) {
            Variable y = block.forward(x);
            scope.keep(y.value());
            x.value().close();
            return y;
        }
    }
}
