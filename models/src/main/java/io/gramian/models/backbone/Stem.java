package io.gramian.models.backbone;

/** How a network begins. */
public enum Stem {
    /** One 3 x 3 convolution with stride 1: for images of 28 to 64 pixels. */
    CIFAR,
    /** A 7 x 7 convolution with stride 2 and a 3 x 3 maximum with stride 2: for images of some hundred pixels. */
    IMAGENET
}
