package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The residual block of ResNet-50 and deeper ones (He et al., 2016): {@code relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x))))))))
 * + shortcut(x))} with convolutions of 1 x 1, 3 x 3 and 1 x 1, the last to four times the width. As in torchvision, the 3 x 3
 * convolution has the stride. The shortcut is the identity, or a 1 x 1 convolution and normalisation where stride or width
 * change.
 */
public final class Bottleneck extends Module {
    /** Channels of the output for each of the width. */
    public static final int EXPANSION = 4;

    private final Conv2d conv1;
    private final BatchNorm bn1;
    private final Conv2d conv2;
    private final BatchNorm bn2;
    private final Conv2d conv3;
    private final BatchNorm bn3;
    private final @Nullable Sequential downsample;

    /** A block from {@code in} to {@code EXPANSION width} channels; {@code zeroInit}: starts as its shortcut. */
    public Bottleneck(Device device, int in, int width, int stride, boolean zeroInit, Generator generator) {
        int out = Math.multiplyExact(EXPANSION, width);
        conv1 = add("conv1", convolution(device, in, width, 1, 1, generator.split(1)));
        bn1 = add("bn1", new BatchNorm(device, width, true));
        conv2 = add("conv2", convolution(device, width, width, 3, stride, generator.split(2)));
        bn2 = add("bn2", new BatchNorm(device, width, true));
        conv3 = add("conv3", convolution(device, width, out, 1, 1, generator.split(3)));
        bn3 = add("bn3", new BatchNorm(device, out, true));
        if (zeroInit) {
            bn3.startAtZero();
        }
        downsample = stride == 1 && in == out
                ? null
                : add(
                        "downsample",
                        new Sequential(
                                convolution(device, in, out, 1, stride, generator.split(4)),
                                new BatchNorm(device, out, true)));
    }

    private static Conv2d convolution(Device device, int in, int out, int size, int stride, Generator generator) {
        Conv2d.Settings settings = new Conv2d.Settings(in, out, size, stride, size / 2, false);
        return new Conv2d(device, settings, Init.KAIMING_FAN_OUT, generator);
    }

    @Override
    public Variable forward(Variable x) {
        Variable reduced = bn1.forward(conv1.forward(x), null, true);
        Variable inner = bn2.forward(conv2.forward(reduced), null, true);
        Variable shortcut = downsample == null ? x : downsample.forward(x);
        return bn3.forward(conv3.forward(inner), shortcut, true);
    }
}
