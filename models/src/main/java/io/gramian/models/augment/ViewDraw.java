package io.gramian.models.augment;

import io.gramian.backend.ColourOp;
import io.gramian.backend.ImageView;
import java.util.Arrays;
import java.util.List;

/**
 * The random parameters of one view: a function of (seed, epoch, image, view) and nothing else.
 *
 * <p>Draw number k is {@code u(k) = (mix(key + G (k + 1)) >>> 11) 2^-53} in [0, 1), with the finaliser of SplitMix64 as mix,
 * {@code G = 0x9E3779B97F4A7C15} and {@code key = mix(mix(mix(mix(seed + G) + G epoch) + G image) + G view)}. Every use has a
 * number of its own, so that switching an operation on or off leaves the others as they were. Numbers: crop attempt a of at
 * most 10: 4 a to 4 a + 3 (area, log ratio, top, left); 40 flip; 41 jitter; 42 to 45 brightness, contrast, saturation, hue; 46
 * to 48 order of the four; 49 grey; 50 blur; 51 sigma; 52 solarize. All arithmetic is float64 with {@link StrictMath}.
 */
public final class ViewDraw {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int ATTEMPTS = 10;
    private static final int FLIP = 40;
    private static final int JITTER = 41;
    private static final int FACTORS = 42;
    private static final int ORDER = 46;
    private static final int GREY = 49;
    private static final int BLUR = 50;
    private static final int SIGMA = 51;
    private static final int SOLARIZE = 52;

    private final long key;

    private ViewDraw(long key) {
        this.key = key;
    }

    /** Parameters of a view of the image at an address. */
    public static ImageView draw(
            Augmentation augmentation, long pixels, int height, int width, long seed, int epoch, int image, int view) {
        long key = mix(mix(mix(mix(seed + GOLDEN) + GOLDEN * epoch) + GOLDEN * image) + GOLDEN * view);
        return new ViewDraw(key).view(augmentation, pixels, height, width);
    }

    /** Finaliser of SplitMix64 (Steele, Lea, Flood 2014; Stafford's variant 13). */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** The order in which an epoch visits the images: a permutation that depends on (seed, epoch) alone. */
    public static int[] shuffled(int size, long seed, int epoch) {
        // another constant than that of the views, so that the two never share draws
        ViewDraw draw = new ViewDraw(mix(mix(seed ^ 0x5851F42D4C957F2DL) + GOLDEN * epoch));
        int[] order = new int[size];
        Arrays.setAll(order, i -> i);
        for (int i = size - 1; i > 0; i--) {
            swap(order, i, draw.below(i, i + 1));
        }
        return order;
    }

    private ImageView view(Augmentation a, long pixels, int height, int width) {
        int[] box = a.crop().random() ? randomBox(a.crop(), height, width) : middle(a.crop(), height, width);
        ImageView view = ImageView.whole(pixels, height, width)
                .withCrop(box[0], box[1], box[2], box[3])
                .withFlip(uniform(FLIP) < a.flip())
                .withGrey(uniform(GREY) < a.grey())
                .withColourFirst(a.colourFirst());
        if (uniform(JITTER) < a.jitter().probability()) {
            view = jittered(a.jitter(), view);
        }
        if (uniform(BLUR) < a.blur().probability()) {
            double sigma = between(SIGMA, a.blur().sigmaMin(), a.blur().sigmaMax());
            view = view.withBlur(Math.min((int) StrictMath.ceil(3 * sigma), a.size() - 1), (float) sigma);
        }
        if (uniform(SOLARIZE) < a.solarize().probability()) {
            view = view.withSolarize((float) a.solarize().threshold());
        }
        return view;
    }

    /** Top, left, height and width, as torchvision's RandomResizedCrop draws them. */
    private int[] randomBox(Augmentation.Crop crop, int height, int width) {
        double area = (double) height * width;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            double target = area * between(4 * attempt, crop.scaleMin(), crop.scaleMax());
            double ratio = StrictMath.exp(
                    between(4 * attempt + 1, StrictMath.log(crop.ratioMin()), StrictMath.log(crop.ratioMax())));
            long boxWidth = Math.round(StrictMath.sqrt(target * ratio));
            long boxHeight = Math.round(StrictMath.sqrt(target / ratio));
            if (boxWidth > 0 && boxWidth <= width && boxHeight > 0 && boxHeight <= height) {
                int top = below(4 * attempt + 2, height - (int) boxHeight + 1);
                int left = below(4 * attempt + 3, width - (int) boxWidth + 1);
                return new int[] {top, left, (int) boxHeight, (int) boxWidth};
            }
        }
        double ratio = (double) width / height;
        int boxWidth = ratio > crop.ratioMax() ? atLeastOne(height * crop.ratioMax()) : width;
        int boxHeight = ratio < crop.ratioMin() ? atLeastOne(width / crop.ratioMin()) : height;
        return centred(height, width, Math.min(boxHeight, height), Math.min(boxWidth, width));
    }

    private static int[] middle(Augmentation.Crop crop, int height, int width) {
        int side = atLeastOne(Math.min(height, width) * crop.scaleMin());
        return centred(height, width, side, side);
    }

    private static int[] centred(int height, int width, int boxHeight, int boxWidth) {
        return new int[] {(height - boxHeight) / 2, (width - boxWidth) / 2, boxHeight, boxWidth};
    }

    private static int atLeastOne(double side) {
        return Math.max(1, (int) Math.round(side));
    }

    private ImageView jittered(Augmentation.Jitter jitter, ImageView view) {
        int[] order = {0, 1, 2, 3};
        for (int i = 3; i > 0; i--) {
            swap(order, i, below(ORDER + 3 - i, i + 1));
        }
        ColourOp[] operations = ColourOp.values();
        double[] amounts = {jitter.brightness(), jitter.contrast(), jitter.saturation(), jitter.hue()};
        List<ColourOp> shuffled = Arrays.stream(order)
                .filter(i -> amounts[i] > 0)
                .mapToObj(i -> operations[i])
                .toList();
        return view.withJitter(
                shuffled,
                factor(FACTORS, jitter.brightness()),
                factor(FACTORS + 1, jitter.contrast()),
                factor(FACTORS + 2, jitter.saturation()),
                (float) between(FACTORS + 3, -jitter.hue(), jitter.hue()));
    }

    private float factor(int number, double amount) {
        return (float) between(number, Math.max(0, 1 - amount), 1 + amount);
    }

    private double between(int number, double low, double high) {
        return low + uniform(number) * (high - low);
    }

    private int below(int number, int bound) {
        return (int) (uniform(number) * bound);
    }

    private double uniform(int number) {
        return (mix(key + GOLDEN * (number + 1L)) >>> 11) * 0x1p-53;
    }

    private static void swap(int[] values, int i, int j) {
        int kept = values[i];
        values[i] = values[j];
        values[j] = kept;
    }
}
