package io.gramian.backend;

/** Interpolation of resized images. */
public enum Resampling {
    /** Triangle filter. */
    BILINEAR,
    /** Keys' cubic filter: a = -0.75, or -0.5 with antialiasing, as in torchvision. */
    BICUBIC
}
