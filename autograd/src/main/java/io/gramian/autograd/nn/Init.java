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
    KAIMING_FAN_IN,
    /** Uniform in {@code +-sqrt(6 / (fanIn + fanOut))} (Glorot and Bengio, 2010), offsets 0: MoCo v3's transformers. */
    XAVIER,
    /** {@link #XAVIER} for three maps in one weight, as of queries, keys and values: a third of fanOut counts. */
    XAVIER_OF_THREE;

    Tensor weight(Device device, Generator generator, long fanIn, long fanOut, long... sizes) {
        return switch (this) {
            case PYTORCH -> generator.uniform(device, 1 / Math.sqrt(fanIn), sizes);
            case KAIMING_FAN_OUT -> generator.normal(device, Math.sqrt(2.0 / fanOut), sizes);
            case KAIMING_FAN_IN -> generator.normal(device, Math.sqrt(2.0 / fanIn), sizes);
            case XAVIER -> generator.uniform(device, Math.sqrt(6.0 / (fanIn + fanOut)), sizes);
            case XAVIER_OF_THREE -> generator.uniform(device, Math.sqrt(6.0 / (fanIn + fanOut / 3)), sizes);
        };
    }

    /** Offsets of a linear layer. */
    Tensor bias(Device device, Generator generator, long fanIn, long out) {
        return switch (this) {
            case PYTORCH, KAIMING_FAN_OUT, KAIMING_FAN_IN -> generator.uniform(device, 1 / Math.sqrt(fanIn), out);
            case XAVIER, XAVIER_OF_THREE -> Tensor.zeros(device, out);
        };
    }
}
