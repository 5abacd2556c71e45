package io.gramian.backend;

/** One operation of colour jitter. In this order they are the digits of {@code jitter_order} in {@code image.h}, from 1. */
public enum ColourOp {
    /** {@code clamp(b x)}. */
    BRIGHTNESS,
    /** {@code clamp(c x + (1 - c) m)}, m the mean of the grey image. */
    CONTRAST,
    /** {@code clamp(s x + (1 - s) grey(x))}; grey images do not change. */
    SATURATION,
    /** Turns the hue angle by h of a full turn; grey images do not change. */
    HUE
}
