package io.gramian.autograd.nn;

import io.gramian.Device;

/**
 * The residual block of ResNet-50 and deeper ones (He et al., 2016): {@code relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x))))))))
 * + shortcut(x))} with convolutions of 1 x 1, 3 x 3 and 1 x 1, the last to four times the width. As in torchvision, the 3 x 3
 * convolution has the stride. The shortcut is the identity, or a 1 x 1 convolution and normalisation where stride or width
 * change.
 */
public final class Bottleneck extends ResidualBlock {
    /** Channels of the output for each of the width. */
    public static final int EXPANSION = 4;

    /** A block from {@code in} to {@code EXPANSION width} channels; {@code zeroInit}: starts as its shortcut. */
    public Bottleneck(Device device, int in, int width, int stride, boolean zeroInit, Generator generator) {
        super(
                device,
                zeroInit,
                generator,
                new Layer(in, width, 1, 1),
                new Layer(width, width, 3, stride),
                new Layer(width, Math.multiplyExact(EXPANSION, width), 1, 1));
    }
}
