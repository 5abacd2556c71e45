package io.gramian.backend.cuda;

/**
 * What a choice of a convolution algorithm depends on; sizes as in network.h.
 *
 * @param pass which of the three convolutions
 */
record ConvolutionKey(
        Pass pass,
        int n,
        int h,
        int w,
        int c,
        int k,
        int kernelH,
        int kernelW,
        int stride,
        int padding,
        ConvolutionType type) {
    enum Pass {
        FORWARD,
        BACKWARD_DATA,
        BACKWARD_WEIGHTS
    }

    int outputH() {
        return (h + 2 * padding - kernelH) / stride + 1;
    }

    int outputW() {
        return (w + 2 * padding - kernelW) / stride + 1;
    }
}
