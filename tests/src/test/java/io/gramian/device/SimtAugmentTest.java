package io.gramian.device;

import static io.gramian.backend.ColourOp.BRIGHTNESS;
import static io.gramian.backend.ColourOp.CONTRAST;
import static io.gramian.backend.ColourOp.HUE;
import static io.gramian.backend.ColourOp.SATURATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.ColourOp;
import io.gramian.backend.ImageView;
import io.gramian.backend.Resampling;
import io.gramian.backend.Stream;
import io.gramian.reference.AugmentReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Augmentation by the CUDA sources on the SIMT executor, against the float64 truth and against the CPU. */
class SimtAugmentTest {
    /** Around the edges of a tile (8 rows of 32 columns). */
    private static final int[][] SIZES = {{1, 1}, {7, 33}, {9, 31}, {17, 5}};

    private final Device device = DeviceUnderTest.get();

    @ParameterizedTest
    @CsvSource({"1,false,false", "3,true,false", "3,false,true", "1,true,true"})
    void resizesLikeTheTruth(int channels, boolean bicubic, boolean antialias) {
        for (int[] in : SIZES) {
            for (int[] result : SIZES) {
                double[][][] image = random(in[0], in[1], channels, 11);
                compare(
                        image,
                        view -> view,
                        AugmentReference.resize(image, result[0], result[1], bicubic, antialias),
                        bicubic,
                        antialias);
            }
        }
    }

    /** One result pixel sees more columns than a warp sums at a time (128), and 32 of them together do. */
    @Test
    void anyScaleAndAnyRadius() {
        double[][][] wide = random(3, 1200, 3, 12);
        compare(wide, view -> view, AugmentReference.resize(wide, 2, 3, false, true), false, true);
        compare(wide, view -> view, AugmentReference.resize(wide, 2, 40, true, true), true, true);
        double[][][] square = random(50, 50, 1, 13);
        compare(square, view -> view.withBlur(49, 20), AugmentReference.blur(square, 49, 20), false, false);
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void coloursLikeTheTruth(int channels) {
        double[][][] x = random(17, 33, channels, 14);
        same(x, view -> view.withJitter(List.of(BRIGHTNESS), 1.4f, 1, 1, 0), AugmentReference.brightness(x, 1.4f));
        same(x, view -> view.withJitter(List.of(CONTRAST), 1, 0.3f, 1, 0), AugmentReference.contrast(x, 0.3f));
        same(x, view -> view.withJitter(List.of(SATURATION), 1, 1, 1.7f, 0), AugmentReference.saturation(x, 1.7f));
        for (float turns : new float[] {-0.5f, -0.31f, 0, 0.1f, 0.5f}) {
            same(x, view -> view.withJitter(List.of(HUE), 1, 1, 1, turns), AugmentReference.hue(x, turns));
        }
        same(x, view -> view.withGrey(true), AugmentReference.grey(x));
        same(x, view -> view.withSolarize(0.5f), AugmentReference.solarize(x, 0.5));
        same(x, view -> view.withFlip(true), AugmentReference.flip(x));
        same(x, view -> view.withBlur(3, 1.1f), AugmentReference.blur(x, 3, 1.1f));
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void runsTheOperationsInOrder(boolean colourFirst, boolean bytes) {
        double[][][] image = random(19, 23, 3, 15);
        double[][][] truth = colourFirst ? jittered(image) : image;
        truth = AugmentReference.resize(AugmentReference.crop(truth, 2, 5, 14, 11), 9, 36, true, true);
        truth = bytes ? AugmentReference.clamp(truth) : truth;
        truth = AugmentReference.flip(truth);
        truth = colourFirst ? truth : jittered(truth);
        truth = AugmentReference.solarize(AugmentReference.blur(truth, 2, 0.9f), 0.6f);
        truth = AugmentReference.normalise(truth, new double[] {0.5, 0.25, 0.125}, new double[] {0.5, 0.25, 2});
        try (Scope scope = Scope.open()) {
            Tensor source = bytes ? bytes(device, image) : floats(device, image);
            ImageView view = ImageView.whole(source.address(), 19, 23)
                    .withCrop(2, 5, 14, 11)
                    .withFlip(true)
                    .withJitter(List.of(HUE, CONTRAST, BRIGHTNESS, SATURATION), 1.3f, 0.7f, 1.6f, 0.2f)
                    .withBlur(2, 0.9f)
                    .withSolarize(0.6f)
                    .withColourFirst(colourFirst);
            Guarded out = Guarded.of(device, 1, 9, 36, 3);
            device.backend()
                    .images()
                    .augment(
                            List.of(view),
                            bytes ? DType.UINT8 : DType.FLOAT32,
                            Resampling.BICUBIC,
                            true,
                            new float[] {0.5f, 0.25f, 0.125f},
                            new float[] {0.5f, 0.25f, 2},
                            out.tensor());
            close(out.values(), truth, 2e-5);
        }
    }

    /** Every option drawn by chance, images of all sizes; the last results are too large for shared memory. */
    @ParameterizedTest
    @CsvSource({"1,false,true,35,12,35", "3,true,true,35,12,35", "3,false,false,35,12,35", "3,true,true,4,44,130"})
    void aBatchIsThatOfTheCpuInEverySchedule(
            int channels, boolean bicubic, boolean antialias, int n, int height, int width) {
        Device cpu = Device.cpu();
        try (Scope scope = Scope.open();
                Stream threads = cpu.backend().newStream(2)) {
            Tensor result = Tensor.empty(cpu, n, height, width, channels);
            augment(cpu, threads, channels, bicubic, antialias, result);
            float[] ofCpu = result.toFloats();
            double[] expected = new double[ofCpu.length];
            Arrays.setAll(expected, i -> ofCpu[i]);
            float[] first = null;
            for (long seed : new long[] {5, 6}) {
                try (Stream stream = DeviceUnderTest.stream(device, seed)) {
                    Guarded out = Guarded.of(device, n, height, width, channels);
                    augment(device, stream, channels, bicubic, antialias, out.tensor());
                    float[] values = out.values();
                    assertThat(Truth.error(values, expected)).isLessThanOrEqualTo(1e-5);
                    first = first == null ? values : first;
                    assertThat(values).isEqualTo(first);
                }
            }
        }
    }

    private static void augment(
            Device device, Stream stream, int channels, boolean bicubic, boolean antialias, Tensor out) {
        Random random = new Random(16);
        List<ImageView> views = new ArrayList<>();
        for (int i = 0; i < out.shape().size(0); i++) {
            int height = 1 + random.nextInt(40);
            int width = 1 + random.nextInt(40);
            int rows = 1 + random.nextInt(height);
            int columns = 1 + random.nextInt(width);
            List<ColourOp> order = new ArrayList<>(List.of(ColourOp.values()));
            Collections.shuffle(order, random);
            views.add(ImageView.whole(
                            bytes(device, random(height, width, channels, i)).address(), height, width)
                    .withCrop(random.nextInt(height - rows + 1), random.nextInt(width - columns + 1), rows, columns)
                    .withFlip(random.nextBoolean())
                    .withJitter(
                            order.subList(0, random.nextInt(5)),
                            2 * random.nextFloat(),
                            2 * random.nextFloat(),
                            2 * random.nextFloat(),
                            random.nextFloat() - 0.5f)
                    .withGrey(random.nextInt(4) == 0)
                    .withBlur(random.nextInt(4), 0.1f + random.nextFloat())
                    .withSolarize(random.nextBoolean() ? ImageView.NO_SOLARIZE : 0.4567f)
                    .withColourFirst(random.nextBoolean()));
        }
        float[] mean = {0.5f, 0.25f, 0.125f};
        float[] std = {0.5f, 0.25f, 2};
        device.backend()
                .images(stream)
                .augment(
                        views,
                        DType.UINT8,
                        bicubic ? Resampling.BICUBIC : Resampling.BILINEAR,
                        antialias,
                        Arrays.copyOf(mean, channels),
                        Arrays.copyOf(std, channels),
                        out);
    }

    private static double[][][] jittered(double[][][] image) {
        double[][][] turned = AugmentReference.contrast(AugmentReference.hue(image, 0.2f), 0.7f);
        return AugmentReference.saturation(AugmentReference.brightness(turned, 1.3f), 1.6f);
    }

    private void same(double[][][] image, UnaryOperator<ImageView> change, double[][][] truth) {
        compare(image, change, truth, false, false);
    }

    private void compare(
            double[][][] image,
            UnaryOperator<ImageView> change,
            double[][][] truth,
            boolean bicubic,
            boolean antialias) {
        int channels = image[0][0].length;
        try (Scope scope = Scope.open()) {
            ImageView whole = ImageView.whole(floats(device, image).address(), image.length, image[0].length);
            Guarded out = Guarded.of(device, 1, truth.length, truth[0].length, channels);
            float[] ones = {1, 1, 1};
            device.backend()
                    .images()
                    .augment(
                            List.of(change.apply(whole)),
                            DType.FLOAT32,
                            bicubic ? Resampling.BICUBIC : Resampling.BILINEAR,
                            antialias,
                            new float[channels],
                            Arrays.copyOf(ones, channels),
                            out.tensor());
            close(out.values(), truth, 3e-6);
        }
    }

    private static void close(float[] actual, double[][][] expected, double tolerance) {
        double[] flat = flat(expected);
        double worst = 0;
        for (int i = 0; i < flat.length; i++) {
            worst = Math.max(worst, Math.abs(actual[i] - flat[i])); // NaN stays
        }
        assertThat(actual).hasSameSizeAs(flat);
        assertThat(worst).isLessThanOrEqualTo(tolerance);
    }

    private static double[] flat(double[][][] image) {
        return Arrays.stream(image)
                .flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }

    /** Multiples of 1/255, some of them equal in all channels. */
    private static double[][][] random(int height, int width, int channels, long seed) {
        Random random = new Random(seed);
        double[][][] image = new double[height][width][channels];
        for (double[][] row : image) {
            for (double[] pixel : row) {
                for (int c = 0; c < channels; c++) {
                    pixel[c] = c > 0 && random.nextInt(4) == 0 ? pixel[0] : (float) (random.nextInt(256) / 255.0);
                }
            }
        }
        return image;
    }

    private static Tensor floats(Device device, double[][][] image) {
        double[] values = flat(image);
        return Truth.tensor(device, values, values.length);
    }

    private static Tensor bytes(Device device, double[][][] image) {
        double[] values = flat(image);
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) Math.round(values[i] * 255);
        }
        return Tensor.ofBytes(device, pixels, pixels.length);
    }
}
