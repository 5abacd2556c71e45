package io.gramian.reference;

import java.util.function.DoubleUnaryOperator;

/**
 * Image operations in float64 on {@code double[height][width][channels]}, values in [0, 1], written as the papers and the
 * documentation of torchvision describe them. Nothing is changed in place.
 */
public final class AugmentReference {
    private static final double[] LUMA = {0.2989, 0.587, 0.114};

    private AugmentReference() {}

    /** Rows and columns of an image. */
    public static double[][][] crop(double[][][] image, int top, int left, int height, int width) {
        return map(height, width, channels(image), (y, x, c) -> image[top + y][left + x][c]);
    }

    /** Left and right exchanged. */
    public static double[][][] flip(double[][][] image) {
        int width = image[0].length;
        return map(image.length, width, channels(image), (y, x, c) -> image[y][width - 1 - x][c]);
    }

    /** Resized: one sum over all source pixels for each result pixel, with the weights of both axes. */
    public static double[][][] resize(double[][][] image, int height, int width, boolean bicubic, boolean antialias) {
        double[][] rows = weights(image.length, height, bicubic, antialias);
        double[][] columns = weights(image[0].length, width, bicubic, antialias);
        return map(height, width, channels(image), (y, x, c) -> {
            double sum = 0;
            for (int i = 0; i < image.length; i++) {
                for (int j = 0; j < image[0].length; j++) {
                    sum += rows[y][i] * columns[x][j] * image[i][j][c];
                }
            }
            return sum;
        });
    }

    /** Weight of every input for every output of one axis. */
    private static double[][] weights(int in, int out, boolean bicubic, boolean antialias) {
        double[][] weights = new double[out][in];
        double scale = in / (double) out;
        double stretch = antialias ? Math.max(1, scale) : 1;
        double reach = (bicubic ? 2 : 1) * stretch;
        for (int i = 0; i < out; i++) {
            double centre = (i + 0.5) * scale - 0.5;
            if (!bicubic && !antialias) {
                centre = Math.min(Math.max(centre, 0), in - 1.0);
            }
            double total = 0;
            for (int j = (int) Math.floor(centre - reach); j <= Math.ceil(centre + reach); j++) {
                double distance = Math.abs(j - centre) / stretch;
                double weight = bicubic ? keys(distance, antialias ? -0.5 : -0.75) : Math.max(0, 1 - distance);
                if (!antialias) {
                    // pixels beyond the edge are copies of the edge
                    weights[i][Math.min(Math.max(j, 0), in - 1)] += weight;
                    total += weight;
                } else if (j >= 0 && j < in) {
                    weights[i][j] += weight;
                    total += weight;
                }
            }
            for (int j = 0; j < in; j++) {
                weights[i][j] /= total;
            }
        }
        return weights;
    }

    /** Cubic convolution (Keys 1981, equation 15) for a distance of at least 0. */
    private static double keys(double s, double a) {
        if (s <= 1) {
            return (a + 2) * Math.pow(s, 3) - (a + 3) * Math.pow(s, 2) + 1;
        }
        return s < 2 ? a * Math.pow(s, 3) - 5 * a * Math.pow(s, 2) + 8 * a * s - 4 * a : 0;
    }

    /** {@code clamp(factor x)}. */
    public static double[][][] brightness(double[][][] image, double factor) {
        return map(image, (y, x, c) -> clamp(factor * image[y][x][c]));
    }

    /** {@code clamp(factor x + (1 - factor) mean)}, mean of the grey image. */
    public static double[][][] contrast(double[][][] image, double factor) {
        double sum = 0;
        for (double[][] row : image) {
            for (double[] pixel : row) {
                sum += luma(pixel);
            }
        }
        double mean = sum / (image.length * (double) image[0].length);
        return map(image, (y, x, c) -> clamp(factor * image[y][x][c] + (1 - factor) * mean));
    }

    /** {@code clamp(factor x + (1 - factor) grey)}. */
    public static double[][][] saturation(double[][][] image, double factor) {
        return map(image, (y, x, c) -> clamp(factor * image[y][x][c] + (1 - factor) * luma(image[y][x])));
    }

    /** Hue turned by a fraction of the full circle; grey images as they are. */
    public static double[][][] hue(double[][][] image, double turns) {
        if (channels(image) == 1) {
            return image;
        }
        return map(image, (y, x, c) -> turned(image[y][x], turns)[c]);
    }

    private static double[] turned(double[] rgb, double turns) {
        double max = Math.max(rgb[0], Math.max(rgb[1], rgb[2]));
        double min = Math.min(rgb[0], Math.min(rgb[1], rgb[2]));
        double range = max - min;
        if (range == 0) {
            return rgb;
        }
        double sector;
        if (max == rgb[0]) {
            sector = (rgb[1] - rgb[2]) / range;
        } else if (max == rgb[1]) {
            sector = 2 + (rgb[2] - rgb[0]) / range;
        } else {
            sector = 4 + (rgb[0] - rgb[1]) / range;
        }
        double hue = sector / 6 + turns;
        double six = (hue - Math.floor(hue)) * 6;
        int whole = (int) six % 6;
        double rest = six - Math.floor(six);
        double saturation = range / max;
        double p = max * (1 - saturation);
        double q = max * (1 - saturation * rest);
        double t = max * (1 - saturation * (1 - rest));
        return switch (whole) {
            case 0 -> new double[] {max, t, p};
            case 1 -> new double[] {q, max, p};
            case 2 -> new double[] {p, max, t};
            case 3 -> new double[] {p, q, max};
            case 4 -> new double[] {t, p, max};
            default -> new double[] {max, p, q};
        };
    }

    /** Every channel becomes the luma. */
    public static double[][][] grey(double[][][] image) {
        return map(image, (y, x, c) -> luma(image[y][x]));
    }

    /** Gaussian blur with {@code 2 radius + 1} taps in each direction, borders mirrored without repeating the edge. */
    public static double[][][] blur(double[][][] image, int radius, double sigma) {
        DoubleUnaryOperator bell = t -> Math.exp(-t * t / (2 * sigma * sigma));
        double total = 0;
        for (int t = -radius; t <= radius; t++) {
            total += bell.applyAsDouble(t);
        }
        double norm = total * total;
        return map(image, (y, x, c) -> {
            double sum = 0;
            for (int i = -radius; i <= radius; i++) {
                for (int j = -radius; j <= radius; j++) {
                    double value = image[mirrored(y + i, image.length)][mirrored(x + j, image[0].length)][c];
                    sum += bell.applyAsDouble(i) * bell.applyAsDouble(j) / norm * value;
                }
            }
            return sum;
        });
    }

    private static int mirrored(int i, int size) {
        if (i < 0) {
            return -i;
        }
        return i >= size ? 2 * size - 2 - i : i;
    }

    /** Values at or above the threshold are inverted. */
    public static double[][][] solarize(double[][][] image, double threshold) {
        return map(image, (y, x, c) -> image[y][x][c] >= threshold ? 1 - image[y][x][c] : image[y][x][c]);
    }

    /** {@code (x - mean) / std} by channel. */
    public static double[][][] normalise(double[][][] image, double[] mean, double[] std) {
        return map(image, (y, x, c) -> (image[y][x][c] - mean[c]) / std[c]);
    }

    /** All values cut to [0, 1]. */
    public static double[][][] clamp(double[][][] image) {
        return map(image, (y, x, c) -> clamp(image[y][x][c]));
    }

    private static double clamp(double x) {
        return Math.min(1, Math.max(0, x));
    }

    private static double luma(double[] pixel) {
        return pixel.length == 1 ? pixel[0] : LUMA[0] * pixel[0] + LUMA[1] * pixel[1] + LUMA[2] * pixel[2];
    }

    private static int channels(double[][][] image) {
        return image[0][0].length;
    }

    private interface Value {
        double at(int y, int x, int c);
    }

    private static double[][][] map(double[][][] like, Value value) {
        return map(like.length, like[0].length, channels(like), value);
    }

    private static double[][][] map(int height, int width, int channels, Value value) {
        double[][][] result = new double[height][width][channels];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    result[y][x][c] = value.at(y, x, c);
                }
            }
        }
        return result;
    }
}
