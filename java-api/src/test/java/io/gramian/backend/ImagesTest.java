package io.gramian.backend;

import static io.gramian.backend.ColourOp.BRIGHTNESS;
import static io.gramian.backend.ColourOp.CONTRAST;
import static io.gramian.backend.ColourOp.HUE;
import static io.gramian.backend.ColourOp.SATURATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.AugmentReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImagesTest {
    private static final int[][] SIZES = {{1, 1}, {2, 3}, {7, 5}, {17, 28}, {33, 31}};

    private final Device device = Device.cpu();
    private final Images images = device.backend().images();
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void doublesAndInvertsByHand() {
        Tensor source = Tensor.ofBytes(device, new byte[] {0, 51, (byte) 204, (byte) 255}, 2, 2);
        ImageView view = ImageView.whole(source.address(), 2, 2)
                .withFlip(true)
                .withJitter(List.of(BRIGHTNESS), 2, 1, 1, 0)
                .withSolarize(0.5f);
        Tensor out = Tensor.empty(device, 1, 2, 2, 1);
        images.augment(List.of(view), DType.UINT8, Resampling.BILINEAR, false, new float[] {1}, new float[] {2}, out);
        // 0 .2 | .8 1, flipped .2 0 | 1 .8, doubled .4 0 | 1 1, solarized .4 0 | 0 0, then (x - 1) / 2
        assertThat(out.toFloats()).containsExactly(new float[] {-0.3f, -0.5f, -0.5f, -0.5f}, within(1e-6f));
    }

    @ParameterizedTest
    @CsvSource({
        "1,false,false",
        "3,false,false",
        "1,true,false",
        "3,true,false",
        "1,false,true",
        "3,false,true",
        "3,true,true"
    })
    void resizesLikeTheTruth(int channels, boolean bicubic, boolean antialias) {
        for (int[] in : SIZES) {
            for (int[] result : SIZES) {
                double[][][] image = random(in[0], in[1], channels, 11);
                compare(
                        image,
                        view -> view,
                        truth -> AugmentReference.resize(truth, result[0], result[1], bicubic, antialias),
                        result,
                        bicubic,
                        antialias,
                        3e-6);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3"})
    void coloursLikeTheTruth(int channels) {
        for (int[] size : SIZES) {
            double[][][] image = random(size[0], size[1], channels, 12);
            same(
                    image,
                    view -> view.withJitter(List.of(BRIGHTNESS), 1.4f, 1, 1, 0),
                    x -> AugmentReference.brightness(x, 1.4f));
            same(
                    image,
                    view -> view.withJitter(List.of(CONTRAST), 1, 0.3f, 1, 0),
                    x -> AugmentReference.contrast(x, 0.3f));
            same(
                    image,
                    view -> view.withJitter(List.of(CONTRAST), 1, 1.8f, 1, 0),
                    x -> AugmentReference.contrast(x, 1.8f));
            same(
                    image,
                    view -> view.withJitter(List.of(SATURATION), 1, 1, 1.7f, 0),
                    x -> AugmentReference.saturation(x, 1.7f));
            for (float turns : new float[] {-0.5f, -0.31f, 0, 0.1f, 0.5f}) {
                same(image, view -> view.withJitter(List.of(HUE), 1, 1, 1, turns), x -> AugmentReference.hue(x, turns));
            }
            same(image, view -> view.withGrey(true), AugmentReference::grey);
            same(image, view -> view.withSolarize(0.5f), x -> AugmentReference.solarize(x, 0.5));
            same(image, view -> view.withFlip(true), AugmentReference::flip);
            int most = Math.min(6, Math.min(size[0], size[1]) - 1);
            for (int radius = 1; radius <= most; radius += 2) {
                int taps = radius;
                same(image, view -> view.withBlur(taps, 1.1f), x -> AugmentReference.blur(x, taps, 1.1f));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void runsTheOperationsInOrder(boolean colourFirst, boolean bytes) {
        double[][][] image = random(19, 23, 3, 13);
        Tensor source = bytes ? bytes(image) : floats(image);
        ImageView view = ImageView.whole(source.address(), 19, 23)
                .withCrop(2, 5, 14, 11)
                .withFlip(true)
                .withJitter(List.of(HUE, CONTRAST, BRIGHTNESS, SATURATION), 1.3f, 0.7f, 1.6f, 0.2f)
                .withBlur(2, 0.9f)
                .withSolarize(0.6f)
                .withColourFirst(colourFirst);
        double[][][] truth = colourFirst ? jittered(image) : image;
        truth = AugmentReference.resize(AugmentReference.crop(truth, 2, 5, 14, 11), 9, 16, true, true);
        truth = bytes ? AugmentReference.clamp(truth) : truth;
        truth = AugmentReference.flip(truth);
        truth = colourFirst ? truth : jittered(truth);
        truth = AugmentReference.solarize(AugmentReference.blur(truth, 2, 0.9f), 0.6f);
        truth = AugmentReference.normalise(truth, new double[] {0.5, 0.25, 0.125}, new double[] {0.5, 0.25, 2});
        Tensor out = Tensor.empty(device, 1, 9, 16, 3).fill(Float.NaN);
        images.augment(
                List.of(view),
                bytes ? DType.UINT8 : DType.FLOAT32,
                Resampling.BICUBIC,
                true,
                new float[] {0.5f, 0.25f, 0.125f},
                new float[] {0.5f, 0.25f, 2},
                out);
        assertClose(out.toFloats(), truth, 2e-5, "colourFirst " + colourFirst);
    }

    @Test
    void givesTheSameBitsForEveryNumberOfThreads() {
        Random random = new Random(14);
        List<ImageView> views = new ArrayList<>();
        for (int i = 0; i < 37; i++) {
            int height = 1 + random.nextInt(40);
            int width = 1 + random.nextInt(40);
            ImageView view = ImageView.whole(bytes(random(height, width, 3, i)).address(), height, width);
            views.add(view.withJitter(List.of(CONTRAST, HUE), 1, random.nextFloat() * 2, 1, random.nextFloat() - 0.5f)
                    .withBlur(1 + random.nextInt(4), 0.1f + random.nextFloat()));
        }
        float[] expected = null;
        for (int threads = 1; threads <= 3; threads++) {
            Tensor guarded = Tensor.empty(device, 39, 12, 10, 3).fill(Float.NaN);
            try (Stream stream = device.backend().newStream(threads)) {
                device.backend()
                        .images(stream)
                        .augment(
                                views,
                                DType.UINT8,
                                Resampling.BILINEAR,
                                true,
                                new float[3],
                                new float[] {1, 1, 1},
                                guarded.rows(1, 38));
            }
            float[] values = guarded.toFloats();
            assertThat(values[359]).isNaN();
            assertThat(values[38 * 360]).isNaN();
            expected = expected == null ? values : expected;
            assertThat(values).isEqualTo(expected);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        Tensor source = Tensor.ofBytes(device, new byte[16], 4, 4);
        ImageView view = ImageView.whole(source.address(), 4, 4);
        Tensor out = Tensor.empty(device, 1, 4, 4, 1);
        refused(() -> view.withCrop(1, 0, 4, 4), "expected a crop inside 4 x 4, got 4 x 4 at (1, 0)");
        refused(() -> view.withCrop(0, 0, 0, 4), "expected a crop inside");
        refused(() -> view.withCrop(Integer.MAX_VALUE, 0, 2, 4), "expected a crop inside");
        refused(() -> ImageView.whole(0, 4, 4), "at null");
        refused(() -> ImageView.whole(1, 70_000, 4), "1 to 65535 rows");
        refused(() -> view.withJitter(List.of(HUE), 1, 1, 1, Float.NaN), "hue: expected");
        refused(() -> view.withJitter(List.of(HUE, HUE), 1, 1, 1, 0), "at most once");
        refused(() -> view.withJitter(List.of(), -1, 1, 1, 0), "brightness: expected");
        refused(() -> view.withBlur(1, 0), "blurSigma: expected");
        refused(() -> view.withSolarize(Float.NaN), "solarize: expected");
        refused(() -> augment(view.withBlur(4, 1), out), "blurRadius: expected less than the result's 4 x 4, got 4");
        refused(
                () -> augment(view, Tensor.empty(device, 2, 4, 4, 1)),
                "out: expected shape (1, height, width, channels)");
        refused(() -> augment(view, Tensor.empty(device, 1, 4, 4, 2)), "1 or 3 channels");
        refused(
                () -> images.augment(
                        List.of(view), DType.UINT8, Resampling.BILINEAR, true, new float[1], new float[] {0}, out),
                "std: expected");
        refused(
                () -> images.augment(
                        List.of(view), DType.INT32, Resampling.BILINEAR, true, new float[1], new float[] {1}, out),
                "source: expected UINT8 or FLOAT32, got INT32");
    }

    private void augment(ImageView view, Tensor out) {
        images.augment(List.of(view), DType.UINT8, Resampling.BILINEAR, true, new float[1], new float[] {1}, out);
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    private static double[][][] jittered(double[][][] image) {
        double[][][] turned = AugmentReference.contrast(AugmentReference.hue(image, 0.2f), 0.7f);
        return AugmentReference.saturation(AugmentReference.brightness(turned, 1.3f), 1.6f);
    }

    private void same(double[][][] image, UnaryOperator<ImageView> change, UnaryOperator<double[][][]> truth) {
        compare(image, change, truth, new int[] {image.length, image[0].length}, false, false, 3e-6);
    }

    private void compare(
            double[][][] image,
            UnaryOperator<ImageView> change,
            UnaryOperator<double[][][]> truth,
            int[] result,
            boolean bicubic,
            boolean antialias,
            double tolerance) {
        int channels = image[0][0].length;
        ImageView view = change.apply(ImageView.whole(floats(image).address(), image.length, image[0].length));
        Tensor out = Tensor.empty(device, 1, result[0], result[1], channels).fill(Float.NaN);
        float[] ones = channels == 1 ? new float[] {1} : new float[] {1, 1, 1};
        images.augment(
                List.of(view),
                DType.FLOAT32,
                bicubic ? Resampling.BICUBIC : Resampling.BILINEAR,
                antialias,
                new float[channels],
                ones,
                out);
        assertClose(out.toFloats(), truth.apply(image), tolerance, view.toString());
    }

    private static void assertClose(float[] actual, double[][][] expected, double tolerance, String what) {
        int at = 0;
        for (double[][] row : expected) {
            for (double[] pixel : row) {
                for (double value : pixel) {
                    if (!(Math.abs(actual[at] - value) <= tolerance)) {
                        fail("%s, element %d: expected %s, got %s", what, at, value, actual[at]);
                    }
                    at++;
                }
            }
        }
        assertThat(actual).hasSize(at);
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

    private Tensor floats(double[][][] image) {
        float[] values = new float[image.length * image[0].length * image[0][0].length];
        int at = 0;
        for (double[][] row : image) {
            for (double[] pixel : row) {
                for (double value : pixel) {
                    values[at++] = (float) value;
                }
            }
        }
        return Tensor.of(device, values, image.length, image[0].length, image[0][0].length);
    }

    private Tensor bytes(double[][][] image) {
        float[] values = floats(image).toFloats();
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) Math.round(values[i] * 255);
        }
        return Tensor.ofBytes(device, pixels, pixels.length);
    }
}
