package io.gramian.autograd.nn;

import io.gramian.Device;

/**
 * The residual block of ResNet-18 and -34 (He et al., 2016): {@code relu(bn2(conv2(relu(bn1(conv1(x))))) +
 * shortcut(x))} with 3 x 3
 * convolutions. The shortcut is the identity, or a 1 x 1 convolution and normalisation where stride or width change.
 */
public final class BasicBlock extends ResidualBlock {
    /** A block from {@code in} to {@code out} channels; {@code zeroInit}: starts as its shortcut. */
    public BasicBlock(Device device, int in, int out, int stride, boolean zeroInit, Generator generator) {
        super(device, zeroInit, generator, new Layer(in, out, 3, stride), new Layer(out, out, 3, 1));
    }
}
