package io.gramian.golden;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.ColourOp;
import io.gramian.backend.ImageView;
import io.gramian.backend.Resampling;
import io.gramian.reference.AugmentBytesReference;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Single augmentations with given parameters, on bytes: torchvision's functions on Pillow images. Every byte counts. */
final class AugmentBytesRunner implements MethodRunner {
    /** One operation on the truth and as the parameters of a view. */
    private record Operation(UnaryOperator<int[][][]> truth, UnaryOperator<ImageView> view) {}

    /** A resized crop: the parameter that has its rectangle, and the filter. */
    private record Resized(String parameter, boolean bicubic) {}

    /** As in brightness_1p4, hue_m0p2, gaussian_blur_s0p7, solarize_128, grayscale3: a word and a number. */
    private static final Pattern NAME = Pattern.compile(
            "(brightness|contrast|saturation|hue|gaussian_blur|solarize)_" + "(?:s)?(m?)(\\d+)(?:p(\\d+))?");

    private static final Map<String, Resized> RESIZED = Map.of(
            "rrc_bicubic_up", new Resized("rrc_up", true),
            "rrc_bicubic_down", new Resized("rrc_down", true),
            "rrc_bilinear_up", new Resized("rrc_up", false),
            "rrc_bilinear_down", new Resized("rrc_down", false));

    /** The operation of this name, or null. */
    private static @Nullable Operation operation(String name) {
        if (name.equals("grayscale3")) {
            return new Operation(AugmentBytesReference::grey, view -> view.withGrey(true));
        }
        if (name.equals("hflip")) {
            return new Operation(AugmentBytesReference::flip, view -> view.withFlip(true));
        }
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return null;
        }
        String digits = matcher.group(3) + "." + (matcher.group(4) == null ? "0" : matcher.group(4));
        float x = Float.parseFloat((matcher.group(2).isEmpty() ? "" : "-") + digits);
        return switch (matcher.group(1)) {
            case "brightness" ->
                new Operation(
                        image -> AugmentBytesReference.brightness(image, x),
                        view -> view.withJitter(List.of(ColourOp.BRIGHTNESS), x, 1, 1, 0));
            case "contrast" ->
                new Operation(
                        image -> AugmentBytesReference.contrast(image, x),
                        view -> view.withJitter(List.of(ColourOp.CONTRAST), 1, x, 1, 0));
            case "saturation" ->
                new Operation(
                        image -> AugmentBytesReference.saturation(image, x),
                        view -> view.withJitter(List.of(ColourOp.SATURATION), 1, 1, x, 0));
            case "hue" ->
                new Operation(
                        image -> AugmentBytesReference.hue(image, x),
                        view -> view.withJitter(List.of(ColourOp.HUE), 1, 1, 1, x));
            case "gaussian_blur" ->
                new Operation(image -> AugmentBytesReference.blur(image, x), view -> view.withBlur(1, x));
            default ->
                new Operation(
                        image -> AugmentBytesReference.solarize(image, (int) x), view -> view.withSolarize(x / 255));
        };
    }

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("augment_pil")
                && Set.of("rrc_up", "rrc_down").containsAll(golden.params())
                && PixelPlanes.operations(golden).stream()
                        .allMatch(name -> RESIZED.containsKey(name) || operation(name) != null);
    }

    private static Operation known(String name) {
        Operation operation = operation(name);
        if (operation == null) {
            throw new IllegalArgumentException("unknown operation " + name);
        }
        return operation;
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        int[][][] image = bytes(golden.input("image"));
        for (String name : PixelPlanes.operations(golden)) {
            GoldenArray expected = golden.expectedArray(name);
            int[][][] actual;
            Resized resized = RESIZED.get(name);
            if (resized == null) {
                actual = known(name).truth().apply(image);
            } else {
                int[] box = PixelPlanes.box(golden.root().path("params").path(resized.parameter()));
                int[][][] cropped = AugmentBytesReference.crop(image, box[0], box[1], box[2], box[3]);
                actual = AugmentBytesReference.resize(
                        cropped, expected.shape()[1], expected.shape()[2], resized.bicubic());
            }
            score.values(flat(actual), flat(bytes(expected)));
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray input = golden.input("image");
        double[] interleaved = flat(bytes(input));
        byte[] pixels = new byte[interleaved.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) interleaved[i];
        }
        Tensor source = Tensor.ofBytes(device, pixels, pixels.length);
        ImageView whole = ImageView.whole(source.address(), input.shape()[1], input.shape()[2]);
        for (String name : PixelPlanes.operations(golden)) {
            GoldenArray expected = golden.expectedArray(name);
            Resized resized = RESIZED.get(name);
            ImageView view;
            if (resized == null) {
                view = known(name).view().apply(whole);
            } else {
                int[] box = PixelPlanes.box(golden.root().path("params").path(resized.parameter()));
                view = whole.withCrop(box[0], box[1], box[2], box[3]);
            }
            Resampling filter = resized != null && resized.bicubic() ? Resampling.BICUBIC : Resampling.BILINEAR;
            Tensor out = Tensor.empty(device, 1, expected.shape()[1], expected.shape()[2], 3)
                    .fill(Float.NaN);
            // (byte / 255 - 0) / 1, times 255 is a byte again
            device.backend().images().augmentBytes(List.of(view), filter, new float[3], new float[] {1, 1, 1}, out);
            double[] bytes = GoldenArray.widen(out);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] *= 255;
            }
            score.values(bytes, flat(bytes(expected)));
        }
    }

    private static int[][][] bytes(GoldenArray planes) {
        return Arrays.stream(PixelPlanes.image(planes))
                .map(row -> Arrays.stream(row)
                        .map(pixel ->
                                Arrays.stream(pixel).mapToInt(x -> (int) x).toArray())
                        .toArray(int[][]::new))
                .toArray(int[][][]::new);
    }

    private static double[] flat(int[][][] image) {
        return Arrays.stream(image)
                .flatMap(Arrays::stream)
                .flatMapToDouble(pixel -> Arrays.stream(pixel).asDoubleStream())
                .toArray();
    }
}
