package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the residual blocks of He et al. (2016) share: convolutions with normalisation and ReLU behind each, the last ReLU
 * behind the sum with the shortcut. That is the identity, or a 1 x 1 convolution and normalisation where stride or width
 * change.
 */
abstract class ResidualBlock extends Module {
    private final List<Conv2d> convolutions = new ArrayList<>();
    private final List<BatchNorm> norms = new ArrayList<>();
    private final @Nullable Sequential downsample;

    /** A convolution of {@code size x size} from {@code in} to {@code out} channels, padded. */
    record Layer(int in, int out, int size, int stride) {}

    /** A block of these layers; {@code zeroInit}: starts as its shortcut. */
    ResidualBlock(Device device, boolean zeroInit, Generator generator, Layer... layers) {
        int stride = 1;
        for (int i = 1; i <= layers.length; i++) {
            Layer layer = layers[i - 1];
            convolutions.add(add("conv" + i, convolution(device, layer, generator.split(i))));
            norms.add(add("bn" + i, new BatchNorm(device, layer.out(), true)));
            stride *= layer.stride();
        }
        if (zeroInit) {
            norms.get(layers.length - 1).startAtZero();
        }
        Layer around = new Layer(layers[0].in(), layers[layers.length - 1].out(), 1, stride);
        downsample = stride == 1 && around.in() == around.out()
                ? null
                : add(
                        "downsample",
                        new Sequential(
                                convolution(device, around, generator.split(layers.length + 1L)),
                                new BatchNorm(device, around.out(), true)));
    }

    private static Conv2d convolution(Device device, Layer layer, Generator generator) {
        Conv2d.Settings settings =
                new Conv2d.Settings(layer.in(), layer.out(), layer.size(), layer.stride(), layer.size() / 2, false);
        return new Conv2d(device, settings, Init.KAIMING_FAN_OUT, generator);
    }

    @Override
    public Variable forward(Variable x) {
        int last = norms.size() - 1;
        Variable y = x;
        for (int i = 0; i < last; i++) {
            y = norms.get(i).forward(convolutions.get(i).forward(y), null, true);
        }
        Variable shortcut = downsample == null ? x : downsample.forward(x);
        return norms.get(last).forward(convolutions.get(last).forward(y), shortcut, true);
    }
}
