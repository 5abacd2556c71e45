package io.gramian.backend;

import java.util.List;

/**
 * An image in memory and what becomes of it: crop, flip, colour jitter, grey, blur, solarize. Start from {@link #whole},
 * which changes nothing.
 *
 * @param pixels address of height x width x channels elements, channels innermost; the caller keeps them alive
 * @param height rows of the image, 1 to 65535
 * @param width columns of the image, 1 to 65535
 * @param top first row of the crop
 * @param left first column of the crop
 * @param cropHeight rows of the crop, resized to the result
 * @param cropWidth columns of the crop
 * @param flip whether left and right are exchanged
 * @param jitter colour operations, in order, each at most once
 * @param brightness factor b of at least 0
 * @param contrast factor c of at least 0
 * @param saturation factor s of at least 0
 * @param hue turns, -0.5 to 0.5
 * @param grey whether all channels become {@code 0.2989 r + 0.587 g + 0.114 b}
 * @param blurRadius the Gaussian kernel has {@code 2 radius + 1} taps; 0 for no blur
 * @param blurSigma standard deviation in pixels of the result, above 0 where there is a blur
 * @param solarize values x at or above become 1 - x; above 1 for none
 * @param colourFirst whether jitter and grey come before the crop, on the whole image
 */
public record ImageView(
        long pixels,
        int height,
        int width,
        int top,
        int left,
        int cropHeight,
        int cropWidth,
        boolean flip,
        List<ColourOp> jitter,
        float brightness,
        float contrast,
        float saturation,
        float hue,
        boolean grey,
        int blurRadius,
        float blurSigma,
        float solarize,
        boolean colourFirst) {
    /** Threshold above every value. */
    public static final float NO_SOLARIZE = 2;

    private static final int MAX_SIDE = 65_535;

    /** Checks every range. */
    public ImageView {
        boolean sides = height >= 1 && height <= MAX_SIDE && width >= 1 && width <= MAX_SIDE;
        if (pixels == 0 || !sides) {
            throw new IllegalArgumentException("expected the address of an image of 1 to " + MAX_SIDE
                    + " rows and columns, got " + height + " x " + width + (pixels == 0 ? " at null" : ""));
        }
        boolean rows = top >= 0 && cropHeight >= 1 && top <= height - cropHeight;
        if (!rows || left < 0 || cropWidth < 1 || left > width - cropWidth) {
            throw new IllegalArgumentException("expected a crop inside " + height + " x " + width + ", got "
                    + cropHeight + " x " + cropWidth + " at (" + top + ", " + left + ")");
        }
        jitter = List.copyOf(jitter);
        if (jitter.stream().distinct().count() != jitter.size()) {
            throw new IllegalArgumentException("expected each colour operation at most once, got " + jitter);
        }
        Check.nonNegative("brightness", brightness);
        Check.nonNegative("contrast", contrast);
        Check.nonNegative("saturation", saturation);
        if (!(Math.abs(hue) <= 0.5f)) {
            throw new IllegalArgumentException("hue: expected -0.5 to 0.5 turns, got " + hue);
        }
        Check.atLeast("blurRadius", blurRadius, 0);
        if (blurRadius > 0) {
            Check.positive("blurSigma", blurSigma);
        }
        Check.nonNegative("solarize", solarize);
    }

    /** The whole image, unchanged. */
    public static ImageView whole(long pixels, int height, int width) {
        return new ImageView(
                pixels,
                height,
                width,
                0,
                0,
                height,
                width,
                false,
                List.of(),
                1,
                1,
                1,
                0,
                false,
                0,
                1,
                NO_SOLARIZE,
                false);
    }

    /** With a crop of these rows and columns. */
    public ImageView withCrop(int newTop, int newLeft, int newHeight, int newWidth) {
        return new ImageView(
                pixels,
                height,
                width,
                newTop,
                newLeft,
                newHeight,
                newWidth,
                flip,
                jitter,
                brightness,
                contrast,
                saturation,
                hue,
                grey,
                blurRadius,
                blurSigma,
                solarize,
                colourFirst);
    }

    /** Mirrored, or not. */
    public ImageView withFlip(boolean mirrored) {
        return new ImageView(
                pixels,
                height,
                width,
                top,
                left,
                cropHeight,
                cropWidth,
                mirrored,
                jitter,
                brightness,
                contrast,
                saturation,
                hue,
                grey,
                blurRadius,
                blurSigma,
                solarize,
                colourFirst);
    }

    /** With colour jitter: these operations in this order, each with its factor. */
    public ImageView withJitter(List<ColourOp> order, float b, float c, float s, float h) {
        return new ImageView(
                pixels,
                height,
                width,
                top,
                left,
                cropHeight,
                cropWidth,
                flip,
                order,
                b,
                c,
                s,
                h,
                grey,
                blurRadius,
                blurSigma,
                solarize,
                colourFirst);
    }

    /** Without colour, or with. */
    public ImageView withGrey(boolean colourless) {
        return new ImageView(
                pixels,
                height,
                width,
                top,
                left,
                cropHeight,
                cropWidth,
                flip,
                jitter,
                brightness,
                contrast,
                saturation,
                hue,
                colourless,
                blurRadius,
                blurSigma,
                solarize,
                colourFirst);
    }

    /** With a Gaussian blur of {@code 2 radius + 1} taps. */
    public ImageView withBlur(int radius, float sigma) {
        return new ImageView(
                pixels,
                height,
                width,
                top,
                left,
                cropHeight,
                cropWidth,
                flip,
                jitter,
                brightness,
                contrast,
                saturation,
                hue,
                grey,
                radius,
                sigma,
                solarize,
                colourFirst);
    }

    /** With values at or above the threshold inverted. */
    public ImageView withSolarize(float threshold) {
        return new ImageView(
                pixels,
                height,
                width,
                top,
                left,
                cropHeight,
                cropWidth,
                flip,
                jitter,
                brightness,
                contrast,
                saturation,
                hue,
                grey,
                blurRadius,
                blurSigma,
                threshold,
                colourFirst);
    }

    /** With jitter and grey before the crop, or after it. */
    public ImageView withColourFirst(boolean first) {
        return new ImageView(
                pixels,
                height,
                width,
                top,
                left,
                cropHeight,
                cropWidth,
                flip,
                jitter,
                brightness,
                contrast,
                saturation,
                hue,
                grey,
                blurRadius,
                blurSigma,
                solarize,
                first);
    }
}
