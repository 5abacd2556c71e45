package io.gramian.models.train;

import io.gramian.Device;
import io.gramian.models.backbone.ResNet;
import io.gramian.models.backbone.Stem;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The backbones that a configuration can name. */
final class BackboneChoice {
    /** Words for the beginning of a network. */
    static final List<String> STEMS = Arrays.stream(Stem.values())
            .map(stem -> stem.name().toLowerCase(Locale.ROOT))
            .toList();

    private BackboneChoice() {}

    /** The backbone of a configuration, freshly initialised from its seed. */
    static ResNet build(Device device, TrainConfig config, int channels) {
        TrainConfig.Network network = config.network();
        ResNet.Settings settings = new ResNet.Settings(
                Stem.valueOf(network.stem().toUpperCase(Locale.ROOT)), network.width(), channels, false);
        return ResNet.withDepths(device, settings, network.blocks(), config.seed());
    }
}
