package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Conv2d;
import io.gramian.autograd.nn.Generator;
import io.gramian.autograd.nn.Init;
import io.gramian.models.backbone.Backbone;

/** The smallest backbone with feature maps: a convolution of patches that do not overlap, batch norm, ReLU. */
final class PatchBackbone extends Backbone {
    /** Rows and columns of a patch. */
    static final int PATCH = 3;

    /** Channels of the maps. */
    static final int FEATURES = 8;

    private final Conv2d conv;
    private final BatchNorm norm;

    /** For images (n, h, w, 1). */
    PatchBackbone(Device device, long seed) {
        Conv2d.Settings settings = new Conv2d.Settings(1, FEATURES, PATCH, PATCH, 0, false);
        conv = add("conv", new Conv2d(device, settings, Init.PYTORCH, Generator.of(seed)));
        norm = add("norm", new BatchNorm(device, FEATURES, true));
    }

    @Override
    public int channels() {
        return 1;
    }

    @Override
    public int features() {
        return FEATURES;
    }

    @Override
    public Variable maps(Variable x) {
        return norm.forward(conv.forward(x), null, true);
    }
}
