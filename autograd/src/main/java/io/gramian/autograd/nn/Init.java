package io.gramian.autograd.nn;

import io.gramian.Device;
import io.gramian.Tensor;

/** How the weights of a layer start. */
public enum Init {
    /** Uniform in {@code +-1 / sqrt(fanIn)}: what PyTorch's linear and convolution layers do. */
    PYTORCH,
    /** Normal with variance {@code 2 / fanOut} (He et al., 2015), as torchvision's ResNets do. */
    KAIMING_FAN_OUT,
    /** Normal with variance {@code 2 / fanIn} (He et al., 2015, equation 10). */
    KAIMING_FAN_IN;

    Tensor weight(Device device, Generator generator, long fanIn, long fanOut, long... sizes) {
        return switch (this) {
            case PYTORCH -> generator.uniform(device, 1 / Math.sqrt(fanIn), sizes);
            case KAIMING_FAN_OUT -> generator.normal(device, Math.sqrt(2.0 / fanOut), sizes);
            case KAIMING_FAN_IN -> generator.normal(device, Math.sqrt(2.0 / fanIn), sizes);
        };
    }
}
