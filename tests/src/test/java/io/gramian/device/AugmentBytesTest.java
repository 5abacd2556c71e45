package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.ColourOp;
import io.gramian.backend.ImageView;
import io.gramian.backend.Images;
import io.gramian.backend.Resampling;
import io.gramian.backend.Stream;
import io.gramian.reference.AugmentBytesReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Views in the arithmetic of Pillow, whole chains of operations: every byte as the reference has it, on every device. */
class AugmentBytesTest {
    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] STD = {0.229f, 0.224f, 0.225f};

    /** A view of an image, and what the reference makes of it. */
    private record Case(ImageView view, int[][][] expected) {}

    private static Device device(String name) {
        return name.equals("cpu") ? Device.cpu() : DeviceUnderTest.get();
    }

    @ParameterizedTest
    @CsvSource({"cpu,3,true", "cpu,3,false", "cpu,1,true", "tested,3,true", "tested,1,false"})
    void chainsOfOperationsAgreeWithTheReference(String name, int channels, boolean bicubic) {
        Device device = device(name);
        // more views than one launch on CUDA takes
        int count = 35;
        Random random = new Random(channels);
        try (Scope scope = Scope.open()) {
            List<Case> cases = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                cases.add(draw(device, random, channels, bicubic, 7, 9));
            }
            float[] mean = Arrays.copyOf(MEAN, channels);
            float[] std = Arrays.copyOf(STD, channels);
            Guarded out = Guarded.of(device, count, 7, 9, channels);
            List<ImageView> views = cases.stream().map(Case::view).toList();
            Resampling resampling = bicubic ? Resampling.BICUBIC : Resampling.BILINEAR;
            device.backend().images().augmentBytes(views, resampling, mean, std, out.tensor());
            float[] actual = out.values();
            int at = 0;
            for (Case one : cases) {
                for (int[][] row : one.expected()) {
                    for (int[] pixel : row) {
                        for (int c = 0; c < channels; c++) {
                            float expected = (pixel[c] / 255f - mean[c]) / std[c];
                            assertThat(actual[at++]).as(one.view().toString()).isEqualTo(expected);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "tested"})
    void theSameBitsFromAnyNumberOfThreadsAndInAnyOrder(String name) {
        Device device = device(name);
        try (Scope scope = Scope.open()) {
            Random random = new Random(11);
            List<ImageView> views = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                views.add(draw(device, random, 3, true, 8, 5).view());
            }
            float[] first = null;
            for (int run = 1; run <= 3; run++) {
                try (Stream stream = DeviceUnderTest.stream(device, run, run)) {
                    Images images = device.backend().images(stream);
                    Guarded out = Guarded.of(device, 5, 8, 5, 3);
                    images.augmentBytes(views, Resampling.BICUBIC, MEAN, STD, out.tensor());
                    first = first == null ? out.values() : first;
                    assertThat(out.values()).isEqualTo(first);
                }
            }
        }
    }

    /** A random image of up to 23 x 23 with random operations, all of them now and then. */
    private static Case draw(Device device, Random random, int channels, boolean bicubic, int height, int width) {
        int[][][] image = new int[1 + random.nextInt(23)][1 + random.nextInt(23)][channels];
        byte[] bytes = new byte[image.length * image[0].length * channels];
        for (int i = 0; i < bytes.length; i++) {
            int value = random.nextInt(256);
            image[i / channels / image[0].length][i / channels % image[0].length][i % channels] = value;
            bytes[i] = (byte) value;
        }
        Tensor source = Tensor.ofBytes(device, bytes, bytes.length);
        int rows = 1 + random.nextInt(image.length);
        int columns = 1 + random.nextInt(image[0].length);
        int top = random.nextInt(image.length - rows + 1);
        int left = random.nextInt(image[0].length - columns + 1);
        boolean colourFirst = random.nextBoolean();
        List<ColourOp> order = new ArrayList<>(List.of(ColourOp.values()));
        Collections.shuffle(order, random);
        order = order.subList(0, random.nextInt(5));
        float b = 2 * random.nextFloat();
        float c = 2 * random.nextFloat();
        float s = 2 * random.nextFloat();
        float h = random.nextFloat() - 0.5f;
        ImageView view = ImageView.whole(source.address(), image.length, image[0].length)
                .withCrop(top, left, rows, columns)
                .withColourFirst(colourFirst)
                .withJitter(order, b, c, s, h)
                .withFlip(random.nextBoolean())
                .withGrey(random.nextInt(4) == 0);
        if (random.nextBoolean()) {
            view = view.withBlur(1, 0.1f + 3 * random.nextFloat());
        }
        int threshold = random.nextInt(256);
        if (random.nextBoolean()) {
            view = view.withSolarize(threshold / 255f);
        }
        int[][][] x = colourFirst ? coloured(image, view) : image;
        x = AugmentBytesReference.resize(
                AugmentBytesReference.crop(x, top, left, rows, columns), height, width, bicubic);
        x = view.flip() ? AugmentBytesReference.flip(x) : x;
        x = colourFirst ? x : coloured(x, view);
        x = view.blur().radius() > 0 ? AugmentBytesReference.blur(x, view.blur().sigma()) : x;
        x = view.solarize() <= 1 ? AugmentBytesReference.solarize(x, threshold) : x;
        return new Case(view, x);
    }

    private static int[][][] coloured(int[][][] image, ImageView view) {
        int[][][] x = image;
        ImageView.Jitter jitter = view.jitter();
        for (ColourOp op : jitter.order()) {
            x = switch (op) {
                case BRIGHTNESS -> AugmentBytesReference.brightness(x, jitter.brightness());
                case CONTRAST -> AugmentBytesReference.contrast(x, jitter.contrast());
                case SATURATION -> AugmentBytesReference.saturation(x, jitter.saturation());
                case HUE -> AugmentBytesReference.hue(x, jitter.hue());
            };
        }
        return view.grey() ? AugmentBytesReference.grey(x) : x;
    }
}
