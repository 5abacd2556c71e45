package io.gramian.models.augment;

import io.gramian.backend.Resampling;
import java.util.List;

/**
 * How one view of an image is made. Probabilities lie in [0, 1]; with probability 0 an operation is not there.
 *
 * <p>Order: crop, flip, jitter, grey, blur, solarize, normalise; with {@code colourFirst} jitter and grey come before the
 * crop. A flip commutes with everything behind it, so recipes that flip last are the same.
 *
 * @param size rows and columns of the view
 * @param crop which part of the image is resized to the view
 * @param flip probability that left and right are exchanged
 * @param jitter random brightness, contrast, saturation and hue
 * @param grey probability that a colour image becomes grey
 * @param blur random Gaussian blur
 * @param solarize random inversion of bright values
 * @param colourFirst whether jitter and grey see the whole image, before the crop
 * @param mean subtracted from each channel; one value serves every channel
 * @param std divides each channel; one value serves every channel
 * @param rounding whether operations round to bytes
 */
public record Augmentation(
        int size,
        Crop crop,
        double flip,
        Jitter jitter,
        double grey,
        Blur blur,
        Solarize solarize,
        boolean colourFirst,
        List<Double> mean,
        List<Double> std,
        Rounding rounding) {
    /** What is kept between two operations. */
    public enum Rounding {
        /** Numbers between 0 and 1, as torchvision's functions on float tensors. */
        NONE,
        /**
         * Bytes, as torchvision's transforms on Pillow images: the result is that of a pipeline on Pillow, bit for bit, from
         * the same draws. The code of most papers works so. Resizing is antialiased, whatever {@link Crop#antialias} says.
         */
        BYTES
    }

    /** Checks every range. */
    public Augmentation {
        if (size < 1 || size > 65_535) {
            throw new IllegalArgumentException("size: expected 1 to 65535 pixels, got " + size);
        }
        checkProbability("flip", flip);
        checkProbability("grey", grey);
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        for (List<Double> values : List.of(mean, std)) {
            boolean fits = values.size() == 1 || values.size() == 3;
            if (!fits || !values.stream().allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("mean, std: expected 1 or 3 finite values, got " + values);
            }
        }
        if (!std.stream().allMatch(value -> value > 0)) {
            throw new IllegalArgumentException("std: expected values above 0, got " + std);
        }
    }

    /**
     * Part of the image that a view shows.
     *
     * @param random whether area, shape and place are drawn; otherwise it is the middle square
     * @param scaleMin least share of the image's area; of its shorter side for the middle square
     * @param scaleMax largest share; not used for the middle square
     * @param ratioMin least width / height; drawn uniformly on a log scale
     * @param ratioMax largest width / height
     * @param resampling interpolation
     * @param antialias whether the filter is widened when the crop shrinks, as Pillow always does
     */
    public record Crop(
            boolean random,
            double scaleMin,
            double scaleMax,
            double ratioMin,
            double ratioMax,
            Resampling resampling,
            boolean antialias) {
        /** Checks the ranges. */
        public Crop {
            if (!(scaleMin > 0 && scaleMin <= scaleMax && scaleMax <= 1)) {
                throw new IllegalArgumentException(
                        "crop scale: expected 0 < least <= largest <= 1, got " + scaleMin + " to " + scaleMax);
            }
            if (!(ratioMin > 0 && ratioMin <= ratioMax && ratioMax < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "crop ratio: expected 0 < least <= largest, got " + ratioMin + " to " + ratioMax);
            }
        }

        /** The random resized crop of Inception with ratios of 3/4 to 4/3. */
        public static Crop random(double scaleMin, double scaleMax, Resampling resampling) {
            return new Crop(true, scaleMin, scaleMax, 3 / 4.0, 4 / 3.0, resampling, true);
        }

        /** The middle square with this share of the shorter side. */
        public static Crop centre(double share, Resampling resampling) {
            return new Crop(false, share, 1, 1, 1, resampling, true);
        }
    }

    /**
     * Colour jitter: the four operations in random order. Factors are drawn from [max(0, 1 - a), 1 + a].
     *
     * @param probability that it happens
     * @param brightness a of the brightness factor
     * @param contrast a of the contrast factor
     * @param saturation a of the saturation factor; grey images do not change
     * @param hue turns are drawn from [-hue, hue]; at most 0.5
     */
    public record Jitter(double probability, double brightness, double contrast, double saturation, double hue) {
        /** No jitter. */
        public static final Jitter NONE = new Jitter(0, 0, 0, 0, 0);

        /** Checks the ranges. */
        public Jitter {
            checkProbability("jitter", probability);
            for (double amount : new double[] {brightness, contrast, saturation}) {
                if (!(amount >= 0 && amount < Double.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException("jitter: expected amounts of at least 0, got " + amount);
                }
            }
            if (!(hue >= 0 && hue <= 0.5)) {
                throw new IllegalArgumentException("jitter: expected a hue of 0 to 0.5, got " + hue);
            }
        }
    }

    /**
     * Gaussian blur with a sigma drawn uniformly; the kernel reaches three sigmas to each side.
     *
     * @param probability that it happens
     * @param sigmaMin least sigma, in pixels of the view
     * @param sigmaMax largest sigma
     */
    public record Blur(double probability, double sigmaMin, double sigmaMax) {
        /** No blur. */
        public static final Blur NONE = new Blur(0, 0.1, 2);

        /** Checks the ranges. */
        public Blur {
            checkProbability("blur", probability);
            if (!(sigmaMin > 0 && sigmaMin <= sigmaMax && sigmaMax < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "blur sigma: expected 0 < least <= largest, got " + sigmaMin + " to " + sigmaMax);
            }
        }
    }

    /**
     * Inversion of values at or above a threshold.
     *
     * @param probability that it happens
     * @param threshold in [0, 1]; 128 of 255 in the papers' code
     */
    public record Solarize(double probability, double threshold) {
        /** No inversion. */
        public static final Solarize NONE = new Solarize(0, 128 / 255.0);

        /** Checks the ranges. */
        public Solarize {
            checkProbability("solarize", probability);
            checkProbability("solarize threshold", threshold);
        }
    }

    /** The whole image, or the middle square of it, resized and otherwise unchanged: values in [0, 1]. */
    public static Augmentation plain(int size) {
        return new Augmentation(
                size,
                Crop.centre(1, Resampling.BICUBIC),
                0,
                Jitter.NONE,
                0,
                Blur.NONE,
                Solarize.NONE,
                false,
                List.of(0.0),
                List.of(1.0),
                Rounding.NONE);
    }

    /** With views of another size. */
    public Augmentation withSize(int pixels) {
        return new Augmentation(pixels, crop, flip, jitter, grey, blur, solarize, colourFirst, mean, std, rounding);
    }

    /** With another crop. */
    public Augmentation withCrop(Crop other) {
        return new Augmentation(size, other, flip, jitter, grey, blur, solarize, colourFirst, mean, std, rounding);
    }

    /** With another probability of a flip. */
    public Augmentation withFlip(double probability) {
        return new Augmentation(
                size, crop, probability, jitter, grey, blur, solarize, colourFirst, mean, std, rounding);
    }

    /** With another jitter. */
    public Augmentation withJitter(Jitter other) {
        return new Augmentation(size, crop, flip, other, grey, blur, solarize, colourFirst, mean, std, rounding);
    }

    /** With another probability of grey. */
    public Augmentation withGrey(double probability) {
        return new Augmentation(
                size, crop, flip, jitter, probability, blur, solarize, colourFirst, mean, std, rounding);
    }

    /** With another blur. */
    public Augmentation withBlur(Blur other) {
        return new Augmentation(size, crop, flip, jitter, grey, other, solarize, colourFirst, mean, std, rounding);
    }

    /** With another inversion. */
    public Augmentation withSolarize(Solarize other) {
        return new Augmentation(size, crop, flip, jitter, grey, blur, other, colourFirst, mean, std, rounding);
    }

    /** With jitter and grey before the crop, or behind it. */
    public Augmentation withColourFirst(boolean first) {
        return new Augmentation(size, crop, flip, jitter, grey, blur, solarize, first, mean, std, rounding);
    }

    /** With the mean and standard deviation of a data set. */
    public Augmentation withStatistics(List<Double> newMean, List<Double> newStd) {
        return new Augmentation(size, crop, flip, jitter, grey, blur, solarize, colourFirst, newMean, newStd, rounding);
    }

    /** With operations that round to bytes, or do not. */
    public Augmentation withRounding(Rounding other) {
        return new Augmentation(size, crop, flip, jitter, grey, blur, solarize, colourFirst, mean, std, other);
    }

    private static void checkProbability(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + ": expected 0 to 1, got " + value);
        }
    }
}
