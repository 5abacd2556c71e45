package io.gramian.backend;

import java.util.List;

/**
 * An image in memory and what becomes of it: crop, flip, colour jitter, grey, blur, solarize. Start from {@link #whole},
 * which changes nothing.
 *
 * @param pixels address, on the device, of height x width x channels elements, channels innermost; the caller keeps them
 *     alive
 * @param height rows of the image, 1 to 65535
 * @param width columns of the image, 1 to 65535
 * @param crop part of the image that is resized to the result
 * @param flip whether left and right are exchanged
 * @param jitter colour operations
 * @param grey whether all channels become {@code 0.2989 r + 0.587 g + 0.114 b}
 * @param blur Gaussian blur
 * @param solarize values x at or above become 1 - x; above 1 for none
 * @param colourFirst whether jitter and grey come before the crop, on the whole image
 */
public record ImageView(
        long pixels,
        int height,
        int width,
        Crop crop,
        boolean flip,
        Jitter jitter,
        boolean grey,
        Blur blur,
        float solarize,
        boolean colourFirst) {
    /** Threshold above every value. */
    public static final float NO_SOLARIZE = 2;

    private static final int MAX_SIDE = 65_535;

    /**
     * Part of an image.
     *
     * @param top first row
     * @param left first column
     * @param height rows
     * @param width columns
     */
    public record Crop(int top, int left, int height, int width) {}

    /**
     * Changes of colour, one after the other.
     *
     * @param order operations, in order, each at most once
     * @param brightness factor b of at least 0
     * @param contrast factor c of at least 0
     * @param saturation factor s of at least 0
     * @param hue turns, -0.5 to 0.5
     */
    public record Jitter(List<ColourOp> order, float brightness, float contrast, float saturation, float hue) {
        /** Changes nothing. */
        public static final Jitter NONE = new Jitter(List.of(), 1, 1, 1, 0);

        /** Checks every range. */
        public Jitter {
            order = List.copyOf(order);
            if (order.stream().distinct().count() != order.size()) {
                throw new IllegalArgumentException("expected each colour operation at most once, got " + order);
            }
            Check.nonNegative("brightness", brightness);
            Check.nonNegative("contrast", contrast);
            Check.nonNegative("saturation", saturation);
            if (!(Math.abs(hue) <= 0.5f)) {
                throw new IllegalArgumentException("hue: expected -0.5 to 0.5 turns, got " + hue);
            }
        }
    }

    /**
     * A Gaussian kernel of {@code 2 radius + 1} taps.
     *
     * @param radius 0 for no blur
     * @param sigma standard deviation in pixels of the result, above 0 where there is a blur
     */
    public record Blur(int radius, float sigma) {
        /** Changes nothing. */
        public static final Blur NONE = new Blur(0, 1);

        /** Checks every range. */
        public Blur {
            Check.atLeast("blurRadius", radius, 0);
            if (radius > 0) {
                Check.positive("blurSigma", sigma);
            }
        }
    }

    /** Checks every range. */
    public ImageView {
        boolean sides = height >= 1 && height <= MAX_SIDE && width >= 1 && width <= MAX_SIDE;
        if (pixels == 0 || !sides) {
            throw new IllegalArgumentException("expected the address of an image of 1 to " + MAX_SIDE
                    + " rows and columns, got " + height + " x " + width + (pixels == 0 ? " at null" : ""));
        }
        boolean rows = crop.top >= 0 && crop.height >= 1 && crop.top <= height - crop.height;
        if (!rows || crop.left < 0 || crop.width < 1 || crop.left > width - crop.width) {
            throw new IllegalArgumentException("expected a crop inside " + height + " x " + width + ", got "
                    + crop.height + " x " + crop.width + " at (" + crop.top + ", " + crop.left + ")");
        }
        Check.nonNegative("solarize", solarize);
    }

    /** The whole image, unchanged. */
    public static ImageView whole(long pixels, int height, int width) {
        Crop all = new Crop(0, 0, height, width);
        return new ImageView(pixels, height, width, all, false, Jitter.NONE, false, Blur.NONE, NO_SOLARIZE, false);
    }

    /** With a crop of these rows and columns. */
    public ImageView withCrop(int top, int left, int rows, int columns) {
        Crop part = new Crop(top, left, rows, columns);
        return new ImageView(pixels, height, width, part, flip, jitter, grey, blur, solarize, colourFirst);
    }

    /** Mirrored, or not. */
    public ImageView withFlip(boolean mirrored) {
        return new ImageView(pixels, height, width, crop, mirrored, jitter, grey, blur, solarize, colourFirst);
    }

    /** With colour jitter: these operations in this order, each with its factor. */
    public ImageView withJitter(List<ColourOp> order, float b, float c, float s, float h) {
        Jitter colours = new Jitter(order, b, c, s, h);
        return new ImageView(pixels, height, width, crop, flip, colours, grey, blur, solarize, colourFirst);
    }

    /** Without colour, or with. */
    public ImageView withGrey(boolean colourless) {
        return new ImageView(pixels, height, width, crop, flip, jitter, colourless, blur, solarize, colourFirst);
    }

    /** With a Gaussian blur of {@code 2 radius + 1} taps. */
    public ImageView withBlur(int radius, float sigma) {
        Blur gaussian = new Blur(radius, sigma);
        return new ImageView(pixels, height, width, crop, flip, jitter, grey, gaussian, solarize, colourFirst);
    }

    /** With values at or above the threshold inverted. */
    public ImageView withSolarize(float threshold) {
        return new ImageView(pixels, height, width, crop, flip, jitter, grey, blur, threshold, colourFirst);
    }

    /** With jitter and grey before the crop, or after it. */
    public ImageView withColourFirst(boolean first) {
        return new ImageView(pixels, height, width, crop, flip, jitter, grey, blur, solarize, first);
    }
}
