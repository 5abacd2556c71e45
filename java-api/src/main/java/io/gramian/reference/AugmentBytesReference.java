package io.gramian.reference;

/**
 * Image operations on bytes, {@code int[height][width][channels]} with values 0 to 255, as Pillow documents and computes them
 * and torchvision's transforms on Pillow images compose them. Nothing is changed in place.
 */
public final class AugmentBytesReference {
    /** Fractional bits of the weights of a resampling pass. */
    private static final int WEIGHT_BITS = 22;

    private AugmentBytesReference() {}

    /** Every channel becomes the luma, ITU-R 601 in 16-bit fixed point. */
    public static int[][][] grey(int[][][] image) {
        return map(image, (y, x, c) -> luma(image[y][x]));
    }

    private static int luma(int[] pixel) {
        return pixel.length == 1 ? pixel[0] : (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 32768) / 65536;
    }

    /** Blended with black. */
    public static int[][][] brightness(int[][][] image, float factor) {
        return map(image, (y, x, c) -> blend(0, image[y][x][c], factor));
    }

    /** Blended with the rounded mean of the grey image. */
    public static int[][][] contrast(int[][][] image, float factor) {
        long sum = 0;
        for (int[][] row : image) {
            for (int[] pixel : row) {
                sum += luma(pixel);
            }
        }
        int mean = (int) ((double) sum / ((long) image.length * image[0].length) + 0.5);
        return map(image, (y, x, c) -> blend(mean, image[y][x][c], factor));
    }

    /** Blended with the grey image. */
    public static int[][][] saturation(int[][][] image, float factor) {
        return map(image, (y, x, c) -> blend(luma(image[y][x]), image[y][x][c], factor));
    }

    /** In float32, cut to bytes towards zero. */
    private static int blend(int from, int to, float factor) {
        return Math.max(0, Math.min(255, (int) (from + factor * (to - from))));
    }

    /** The hue byte of HSV moved by whole 255ths of a turn, with wrap-around. */
    public static int[][][] hue(int[][][] image, float turns) {
        int steps = (int) (turns * 255.0);
        return map(image, (y, x, c) -> image[y][x].length == 1 ? image[y][x][0] : turned(image[y][x], steps)[c]);
    }

    private static int[] turned(int[] rgb, int steps) {
        int[] hsv = toHsv(rgb);
        return toRgb((hsv[0] + steps) & 255, hsv[1], hsv[2]);
    }

    private static int[] toHsv(int[] rgb) {
        int max = Math.max(rgb[0], Math.max(rgb[1], rgb[2]));
        int min = Math.min(rgb[0], Math.min(rgb[1], rgb[2]));
        if (max == min) {
            return new int[] {0, 0, max};
        }
        float range = max - min;
        float fromRed = (max - rgb[0]) / range;
        float fromGreen = (max - rgb[1]) / range;
        float fromBlue = (max - rgb[2]) / range;
        float sector;
        if (rgb[0] == max) {
            sector = fromBlue - fromGreen;
        } else if (rgb[1] == max) {
            sector = (float) (2.0 + fromRed - fromBlue);
        } else {
            sector = (float) (4.0 + fromGreen - fromRed);
        }
        float hue = (float) ((sector / 6.0 + 1.0) % 1.0);
        return new int[] {(int) (hue * 255.0), (int) (range / max * 255.0), max};
    }

    private static int[] toRgb(int hue, int saturation, int value) {
        if (saturation == 0) {
            return new int[] {value, value, value};
        }
        int sector = hue * 6 / 255;
        float rest = (float) (hue * 6.0 / 255.0 - sector);
        float depth = (float) (saturation / 255.0);
        int p = (int) Math.round(value * (1.0 - depth));
        int q = (int) Math.round(value * (1.0 - depth * rest));
        int t = (int) Math.round(value * (1.0 - depth * (1.0 - rest)));
        return switch (sector % 6) {
            case 0 -> new int[] {value, t, p};
            case 1 -> new int[] {q, value, p};
            case 2 -> new int[] {p, value, t};
            case 3 -> new int[] {p, q, value};
            case 4 -> new int[] {t, p, value};
            default -> new int[] {value, p, q};
        };
    }

    /** Bytes at or above the threshold are inverted. */
    public static int[][][] solarize(int[][][] image, int threshold) {
        return map(image, (y, x, c) -> image[y][x][c] >= threshold ? 255 - image[y][x][c] : image[y][x][c]);
    }

    /** Left and right exchanged. */
    public static int[][][] flip(int[][][] image) {
        return map(image, (y, x, c) -> image[y][image[0].length - 1 - x][c]);
    }

    /** Rows and columns of an image. */
    public static int[][][] crop(int[][][] image, int top, int left, int height, int width) {
        return map(height, width, image[0][0].length, (y, x, c) -> image[top + y][left + x][c]);
    }

    /** Resized with antialiasing: columns, rounded to bytes, then rows, rounded to bytes. */
    public static int[][][] resize(int[][][] image, int height, int width, boolean bicubic) {
        int channels = image[0][0].length;
        int[][] columns = weights(image[0].length, width, bicubic);
        int[][] rows = weights(image.length, height, bicubic);
        int[][][] wide = map(image.length, width, channels, (y, x, c) -> {
            long sum = 0;
            for (int j = 0; j < image[0].length; j++) {
                sum += (long) columns[x][j] * image[y][j][c];
            }
            return rounded(sum);
        });
        return map(height, width, channels, (y, x, c) -> {
            long sum = 0;
            for (int i = 0; i < image.length; i++) {
                sum += (long) rows[y][i] * wide[i][x][c];
            }
            return rounded(sum);
        });
    }

    private static int rounded(long sum) {
        return (int) Math.max(0, Math.min(255, (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS));
    }

    /** Weight of every input for every output of one axis, in fixed point; few are not 0. */
    private static int[][] weights(int in, int out, boolean bicubic) {
        double scale = (double) in / out;
        double stretch = Math.max(scale, 1);
        double support = (bicubic ? 2 : 1) * stretch;
        int[][] fixed = new int[out][in];
        for (int i = 0; i < out; i++) {
            double centre = (i + 0.5) * scale;
            int first = Math.max(0, (int) (centre - support + 0.5));
            int last = Math.min(in, (int) (centre + support + 0.5));
            double total = 0;
            for (int j = first; j < last; j++) {
                total += kernel((j + 0.5 - centre) / stretch, bicubic);
            }
            for (int j = first; j < last; j++) {
                double weight = kernel((j + 0.5 - centre) / stretch, bicubic) / total;
                fixed[i][j] = (int) (weight * (1 << WEIGHT_BITS) + Math.copySign(0.5, weight));
            }
        }
        return fixed;
    }

    /** A triangle, or Keys' cubic with a = -0.5. */
    private static double kernel(double x, boolean bicubic) {
        double s = Math.abs(x);
        if (!bicubic) {
            return Math.max(0, 1 - s);
        }
        if (s < 1) {
            return 1.5 * s * s * s - 2.5 * s * s + 1;
        }
        return s < 2 ? -0.5 * s * s * s + 2.5 * s * s - 4 * s + 2 : 0;
    }

    /** Gaussian blur by three box filters along rows, then three along columns, each rounded to bytes. */
    public static int[][][] blur(int[][][] image, float sigma) {
        float radius = boxRadius(sigma);
        int[][][] result = image;
        for (int pass = 0; pass < 3; pass++) {
            result = box(result, radius, 0, 1);
        }
        for (int pass = 0; pass < 3; pass++) {
            result = box(result, radius, 1, 0);
        }
        return result;
    }

    /** Fractional radius of a box that has, applied three times, the variance of a Gaussian (Gwosdek et al. 2011, eq. 7 to 14). */
    private static float boxRadius(float sigma) {
        float variance = sigma * sigma / 3;
        float length = (float) Math.sqrt(12.0 * variance + 1.0);
        float whole = (float) Math.floor((length - 1.0) / 2.0);
        float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
        return whole + part / (6 * (variance - (whole + 1) * (whole + 1)));
    }

    /** Mean over 2 radius + 1 pixels in a direction; the edge continues. Weights have 24 fractional bits. */
    private static int[][][] box(int[][][] image, float radius, int down, int right) {
        int whole = (int) radius;
        long inner = (long) ((1 << 24) / (radius * 2 + 1));
        long outer = ((1 << 24) - (2 * whole + 1) * inner) / 2;
        return map(image, (y, x, c) -> {
            long sum = 1 << 23;
            for (int t = -whole - 1; t <= whole + 1; t++) {
                int i = Math.max(0, Math.min(image.length - 1, y + t * down));
                int j = Math.max(0, Math.min(image[0].length - 1, x + t * right));
                sum += (Math.abs(t) > whole ? outer : inner) * image[i][j][c];
            }
            return (int) (sum >> 24);
        });
    }

    private interface Value {
        int at(int y, int x, int c);
    }

    private static int[][][] map(int[][][] like, Value value) {
        return map(like.length, like[0].length, like[0][0].length, value);
    }

    private static int[][][] map(int height, int width, int channels, Value value) {
        int[][][] result = new int[height][width][channels];
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
