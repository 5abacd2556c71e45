package io.gramian.models.backbone;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Convert;
import io.gramian.autograd.nn.BasicBlock;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Bottleneck;
import io.gramian.autograd.nn.Conv2d;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.autograd.nn.MaxPool2d;
import io.gramian.autograd.nn.Module;
import io.gramian.backend.Check;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Residual networks (He et al., 2016, arXiv 1512.03385) without their classifier: images (n, h, w, c) to features, as
 * ResNet-18 (n, 8 width) or ResNet-50 (n, 32 width). Names of parameters and buffers are torchvision's; weights are stored
 * as (out, h, w, in).
 *
 * <p>Where layers are rounded to bfloat16, activations between them, and their gradients, are stored as such; maps and
 * features are float32.
 */
public final class ResNet extends Backbone {
    private final Conv2d conv1;
    private final BatchNorm bn1;
    private final @Nullable MaxPool2d maxpool;
    private final List<Module> blocks = new ArrayList<>();
    private final int features;
    private final int channels;
    private final Stem stem;

    /**
     * What the network looks like.
     *
     * @param stem how it begins
     * @param width channels of the first stage: 64 in the paper; later stages have 2, 4 and 8 times as many
     * @param channels channels of the images
     * @param zeroInit whether residual blocks start as their shortcut
     */
    public record Settings(Stem stem, int width, int channels, boolean zeroInit) {
        /** Checks the ranges. */
        public Settings {
            Check.atLeast("width", width, 1);
            Check.atLeast("channels", channels, 1);
        }
    }

    private enum Block {
        BASIC,
        BOTTLENECK
    }

    private ResNet(Device device, Settings settings, Block block, int[] blocksPerStage, Generator generator) {
        int width = settings.width();
        Stem entry = settings.stem();
        Conv2d.Settings stem = new Conv2d.Settings(
                settings.channels(), width, entry.kernel(), entry.stride(), entry.kernel() / 2, false);
        conv1 = add("conv1", new Conv2d(device, stem, Init.KAIMING_FAN_OUT, generator.split(0)));
        bn1 = add("bn1", new BatchNorm(device, width, true));
        maxpool = entry.pooled() ? add("maxpool", new MaxPool2d(3, 2, 1)) : null;
        int in = width;
        for (int stage = 0; stage < blocksPerStage.length; stage++) {
            int wide = width << stage;
            Stage made = add("layer" + (stage + 1), new Stage());
            for (int i = 0; i < blocksPerStage[stage]; i++) {
                int stride = i == 0 && stage > 0 ? 2 : 1;
                Generator own = generator.split(100L * (stage + 1) + i);
                boolean basic = block == Block.BASIC;
                blocks.add(made.append(
                        i,
                        basic
                                ? new BasicBlock(device, in, wide, stride, settings.zeroInit(), own)
                                : new Bottleneck(device, in, wide, stride, settings.zeroInit(), own)));
                in = basic ? wide : Bottleneck.EXPANSION * wide;
            }
        }
        features = in;
        channels = settings.channels();
        this.stem = entry;
    }

    private static final class Stage extends Module {
        private final List<Module> members = new ArrayList<>();

        Module append(int index, Module block) {
            members.add(block);
            return add(Integer.toString(index), block);
        }

        @Override
        public Variable forward(Variable x) {
            Variable y = x;
            for (Module block : members) {
                y = block.forward(y);
            }
            return y;
        }
    }

    /** ResNet-18 with these settings. The seed decides the weights. */
    public static ResNet resNet18(Device device, Settings settings, long seed) {
        return new ResNet(device, settings, Block.BASIC, new int[] {2, 2, 2, 2}, Generator.of(seed));
    }

    /** ResNet-34 with these settings. */
    public static ResNet resNet34(Device device, Settings settings, long seed) {
        return new ResNet(device, settings, Block.BASIC, new int[] {3, 4, 6, 3}, Generator.of(seed));
    }

    /** ResNet-50 with these settings: bottleneck blocks, 32 width features. */
    public static ResNet resNet50(Device device, Settings settings, long seed) {
        return new ResNet(device, settings, Block.BOTTLENECK, new int[] {3, 4, 6, 3}, Generator.of(seed));
    }

    /**
     * A residual network of basic blocks with these depths, for images that need less than ResNet-18: stage s has
     * {@code depths[s]} blocks of {@code width 2^s} channels.
     *
     * @throws IllegalArgumentException for no stage, or a stage without a block
     */
    public static ResNet withDepths(Device device, Settings settings, List<Integer> depths, long seed) {
        return new ResNet(device, settings, Block.BASIC, blocks(depths), Generator.of(seed));
    }

    /**
     * A residual network of bottleneck blocks with these depths: stage s has {@code depths[s]} blocks that are {@code width 2^s}
     * channels wide inside and four times as wide outside.
     *
     * @throws IllegalArgumentException for no stage, or a stage without a block
     */
    public static ResNet bottlenecksWithDepths(Device device, Settings settings, List<Integer> depths, long seed) {
        return new ResNet(device, settings, Block.BOTTLENECK, blocks(depths), Generator.of(seed));
    }

    private static int[] blocks(List<Integer> depths) {
        Check.atLeast("depths", depths.size(), 1);
        for (int depth : depths) {
            Check.atLeast("depth of a stage", depth, 1);
        }
        return depths.stream().mapToInt(Integer::intValue).toArray();
    }

    /** ResNet-18 whose residual blocks start with both branches. */
    public static ResNet resNet18(Device device, Stem stem, int width, int channels, long seed) {
        return resNet18(device, new Settings(stem, width, channels, false), seed);
    }

    /** How the network begins. */
    public Stem stem() {
        return stem;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int features() {
        return features;
    }

    /**
     * The feature maps (n, h', w', {@link #features}) that {@link #forward} averages. Without recording, a block's memory is
     * freed when the next one is through.
     */
    @Override
    public Variable maps(Variable x) {
        DType stored = x.device().backend().network().activations();
        Variable y = stage(x, x, images -> stem(Convert.apply(images, stored)));
        for (Module block : blocks) {
            y = stage(x, y, block::forward);
        }
        return stored == DType.FLOAT32 ? y : stage(x, y, maps -> Convert.apply(maps, DType.FLOAT32));
    }

    private Variable stem(Variable x) {
        Variable y = bn1.forward(conv1.forward(x), null, true);
        return maxpool == null ? y : maxpool.forward(y);
    }

    private interface Part {
        Variable forward(Variable x);
    }

    private static Variable stage(Variable images, Variable x, Part part) {
        if (Autograd.recording()) {
            return part.forward(x);
        }
        try (Scope scope = Scope.open()) {
            Variable y = part.forward(x);
            scope.keep(y.value());
            if (x != images) {
                x.value().close();
            }
            return y;
        }
    }
}
