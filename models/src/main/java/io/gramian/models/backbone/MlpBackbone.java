package io.gramian.models.backbone;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.autograd.function.Reshape;
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
 * Linear layers with batch normalisation and ReLU behind each, on the pixels of an image: (n, size, size, c) to (n, last
 * width). The plainest backbone: it knows nothing of neighbourhoods.
 */
public final class MlpBackbone extends Backbone {
    private final int size;
    private final int channels;
    private final int features;
    private final Sequential layers;

    /**
     * A network for images of one size.
     *
     * @param size side of the images
     * @param channels channels of the images
     * @param widths of the layers, at least one
     * @param seed decides the weights, drawn by Kaiming's rule
     */
    public MlpBackbone(Device device, int size, int channels, List<Integer> widths, long seed) {
        Check.atLeast("size", size, 1);
        Check.atLeast("channels", channels, 1);
        Check.atLeast("number of widths", widths.size(), 1);
        this.size = size;
        this.channels = channels;
        Generator generator = Generator.of(seed);
        List<Module> modules = new ArrayList<>();
        int in = Math.multiplyExact(Math.multiplyExact(size, size), channels);
        for (int i = 0; i < widths.size(); i++) {
            int out = widths.get(i);
            modules.add(new Linear(device, in, out, false, Init.KAIMING_FAN_IN, generator.split(i)));
            modules.add(new BatchNorm(device, out, true));
            modules.add(new Relu());
            in = out;
        }
        features = in;
        layers = add("layers", new Sequential(modules.toArray(new Module[0])));
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int features() {
        return features;
    }

    /** The features as a map of one cell (n, 1, 1, last width). */
    @Override
    public Variable maps(Variable x) {
        long[] s = x.value().shape().toArray();
        if (s.length != 4 || s[1] != size || s[2] != size || s[3] != channels) {
            throw new IllegalArgumentException("mlp: expected images (n, " + size + ", " + size + ", " + channels
                    + "), got " + x.value().shape());
        }
        Variable y = layers.forward(Reshape.apply(x, s[0], s[1] * s[2] * s[3]));
        return Reshape.apply(y, s[0], 1, 1, features);
    }
}
