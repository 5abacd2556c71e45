package io.gramian.models.head;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.autograd.nn.Linear;
import io.gramian.autograd.nn.Module;
import io.gramian.autograd.nn.Relu;
import io.gramian.autograd.nn.Sequential;
import io.gramian.backend.Check;
import java.util.ArrayList;
import java.util.List;

/**
 * Linear layers with ReLU between them, and batch normalisation before it unless left out: the projectors, expanders and
 * predictors of the methods.
 */
public final class MlpHead extends Module {
    private final Sequential layers;
    private final int features;

    /** What follows the last linear layer. */
    public enum LastNorm {
        /** Nothing. */
        NONE,
        /** Batch normalisation without parameters. */
        PLAIN,
        /** Batch normalisation with factors and offsets. */
        AFFINE
    }

    /**
     * What the head looks like.
     *
     * @param sizes widths, first the input's, last the output's; at least two
     * @param hiddenNorm whether batch normalisation follows the layers before the last, which then have no use for offsets
     * @param hiddenBias whether the layers before the last have offsets
     * @param lastBias whether the last layer has an offset
     * @param lastNorm what follows the last layer
     */
    public record Settings(
            List<Integer> sizes, boolean hiddenNorm, boolean hiddenBias, boolean lastBias, LastNorm lastNorm) {
        /** Checks the ranges. */
        public Settings {
            sizes = List.copyOf(sizes);
            Check.atLeast("number of sizes", sizes.size(), 2);
            sizes.forEach(size -> Check.atLeast("size", size, 1));
        }

        /**
         * Widths, no offsets before a normalisation, no offset and no normalisation at the end: Barlow Twins and
         * VICReg.
         */
        public static Settings of(Integer... sizes) {
            return new Settings(List.of(sizes), true, false, false, LastNorm.NONE);
        }
    }

    /** A head with these settings. The seed decides the weights, drawn as PyTorch does. */
    public MlpHead(Device device, Settings settings, long seed) {
        Generator generator = Generator.of(seed);
        List<Integer> sizes = settings.sizes();
        List<Module> modules = new ArrayList<>();
        for (int i = 0; i + 1 < sizes.size(); i++) {
            boolean last = i + 2 == sizes.size();
            boolean bias = last ? settings.lastBias() : settings.hiddenBias();
            modules.add(new Linear(device, sizes.get(i), sizes.get(i + 1), bias, Init.PYTORCH, generator.split(i)));
            if (!last) {
                if (settings.hiddenNorm()) {
                    modules.add(new BatchNorm(device, sizes.get(i + 1), true));
                }
                modules.add(new Relu());
            } else if (settings.lastNorm() != LastNorm.NONE) {
                modules.add(new BatchNorm(device, sizes.get(i + 1), settings.lastNorm() == LastNorm.AFFINE));
            }
        }
        layers = add("layers", new Sequential(modules.toArray(new Module[0])));
        features = sizes.get(sizes.size() - 1);
    }

    /** Width of the output. */
    public int features() {
        return features;
    }

    @Override
    public Variable forward(Variable x) {
        return layers.forward(x);
    }
}
