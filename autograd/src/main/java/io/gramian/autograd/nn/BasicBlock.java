package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.autograd.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The residual block of ResNet-18 and -34 (He et al., 2016): {@code relu(bn2(conv2(relu(bn1(conv1(x))))) +
 * shortcut(x))} with 3 x 3
 * convolutions. The shortcut is the identity, or a 1 x 1 convolution and normalisation where stride or width change.
 */
public final class BasicBlock extends Module {
    private final Conv2d conv1;
    private final BatchNorm bn1;
    private final Conv2d conv2;
    private final BatchNorm bn2;
    private final @Nullable Sequential downsample;

    /** A block from {@code in} to {@code out} channels; {@code zeroInit}: starts as its shortcut. */
    public BasicBlock(Device device, int in, int out, int stride, boolean zeroInit, Generator generator) {
        conv1 = add("conv1", convolution(device, in, out, 3, stride, generator.split(1)));
        bn1 = add("bn1", new BatchNorm(device, out, true));
        conv2 = add("conv2", convolution(device, out, out, 3, 1, generator.split(2)));
        bn2 = add("bn2", new BatchNorm(device, out, true));
        if (zeroInit) {
            bn2.startAtZero();
        }
        downsample = stride == 1 && in == out
                ? null
                : add(
                        "downsample",
                        new Sequential(
                                convolution(device, in, out, 1, stride, generator.split(3)),
                                new BatchNorm(device, out, true)));
    }

    private static Conv2d convolution(Device device, int in, int out, int size, int stride, Generator generator) {
        Conv2d.Settings settings = new Conv2d.Settings(in, out, size, stride, size / 2, false);
        return new Conv2d(device, settings, Init.KAIMING_FAN_OUT, generator);
    }

    @Override
    public Variable forward(Variable x) {
        Variable inner = bn1.forward(conv1.forward(x), null, true);
        Variable shortcut = downsample == null ? x : downsample.forward(x);
        return bn2.forward(conv2.forward(inner), shortcut, true);
    }
}
