package io.gramian.models.backbone;

/** How a network begins. */
public enum Stem {
    /** One 3 x 3 convolution with stride 1: for images of 28 to 64 pixels. */
    CIFAR(3, 1, false),
    /** One 3 x 3 convolution with stride 2: a quarter of the work of {@link #CIFAR}. */
    COMPACT(3, 2, false),
    /** One 3 x 3 convolution with stride 1 and a 3 x 3 maximum with stride 2: for images of 64 to 96 pixels. */
    POOLED(3, 1, true),
    /** A 7 x 7 convolution with stride 2 and a 3 x 3 maximum with stride 2: for images of some hundred pixels. */
    IMAGENET(7, 2, true);

    private final int kernel;
    private final int stride;
    private final boolean pooled;

    Stem(int kernel, int stride, boolean pooled) {
        this.kernel = kernel;
        this.stride = stride;
        this.pooled = pooled;
    }

    int kernel() {
        return kernel;
    }

    int stride() {
        return stride;
    }

    boolean pooled() {
        return pooled;
    }
}
