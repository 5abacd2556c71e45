package io.gramian.golden;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.ColourOp;
import io.gramian.backend.ImageView;
import io.gramian.backend.Resampling;
import io.gramian.reference.AugmentReference;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Single augmentations with given parameters, on float images: torchvision's tensor functions. */
final class AugmentRunner implements MethodRunner {
    private static final double[] MEAN = {0.485, 0.456, 0.406};
    private static final double[] STD = {0.229, 0.224, 0.225};
    private static final Resized SAME = new Resized(false, false);

    /** How an image is resized, if it is. */
    private record Resized(boolean bicubic, boolean antialias) {}

    /** One operation on the truth and as the parameters of a view. */
    private record Operation(UnaryOperator<double[][][]> truth, UnaryOperator<ImageView> view) {}

    private static final Map<String, Operation> OPERATIONS = Map.ofEntries(
            Map.entry("brightness_1p4", jitter(x -> AugmentReference.brightness(x, 1.4), ColourOp.BRIGHTNESS, 1.4f)),
            Map.entry("contrast_0p6", jitter(x -> AugmentReference.contrast(x, 0.6), ColourOp.CONTRAST, 0.6f)),
            Map.entry("saturation_1p7", jitter(x -> AugmentReference.saturation(x, 1.7), ColourOp.SATURATION, 1.7f)),
            Map.entry("hue_0p1", jitter(x -> AugmentReference.hue(x, 0.1), ColourOp.HUE, 0.1f)),
            Map.entry("hue_m0p3", jitter(x -> AugmentReference.hue(x, -0.3), ColourOp.HUE, -0.3f)),
            Map.entry("grayscale3", new Operation(AugmentReference::grey, view -> view.withGrey(true))),
            Map.entry(
                    "solarize_0p5",
                    new Operation(x -> AugmentReference.solarize(x, 0.5), view -> view.withSolarize(0.5f))),
            Map.entry("hflip", new Operation(AugmentReference::flip, view -> view.withFlip(true))),
            Map.entry(
                    "blur_k5_s1p1",
                    new Operation(x -> AugmentReference.blur(x, 2, 1.1), view -> view.withBlur(2, 1.1f))),
            Map.entry(
                    "blur_k3_s0p4",
                    new Operation(x -> AugmentReference.blur(x, 1, 0.4), view -> view.withBlur(1, 0.4f))),
            Map.entry(
                    "normalize_imagenet",
                    new Operation(x -> AugmentReference.normalise(x, MEAN, STD), UnaryOperator.identity())));

    private static final Map<String, Resized> RESIZED = Map.of(
            "rrc_bilinear", new Resized(false, false),
            "rrc_bicubic", new Resized(true, false),
            "rrc_bilinear_antialias", new Resized(false, true),
            "rrc_bicubic_antialias", new Resized(true, true));

    private static Operation jitter(UnaryOperator<double[][][]> truth, ColourOp operation, float amount) {
        // only the factor of the listed operation counts
        boolean hue = operation == ColourOp.HUE;
        float factor = hue ? 1 : amount;
        return new Operation(
                truth, view -> view.withJitter(List.of(operation), factor, factor, factor, hue ? amount : 0));
    }

    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("augment")
                && golden.root().path("params").path("blur_padding").asText().equals("reflect")
                && PixelPlanes.operations(golden).stream()
                        .allMatch(name -> OPERATIONS.containsKey(name) || RESIZED.containsKey(name));
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        double[][][] image = PixelPlanes.image(golden.input("image"));
        for (String name : PixelPlanes.operations(golden)) {
            GoldenArray expected = golden.expectedArray(name);
            double[][][] actual;
            if (OPERATIONS.containsKey(name)) {
                actual = OPERATIONS.get(name).truth().apply(image);
            } else {
                Resized resized = RESIZED.get(name);
                int[] box = box(golden, resized);
                double[][][] cropped = AugmentReference.crop(image, box[0], box[1], box[2], box[3]);
                actual = AugmentReference.resize(
                        cropped, expected.shape()[1], expected.shape()[2], resized.bicubic(), resized.antialias());
            }
            score.values(PixelPlanes.flat(actual), PixelPlanes.flat(PixelPlanes.image(expected)));
        }
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray input = golden.input("image");
        float[] pixels = new float[input.data().length];
        double[] interleaved = PixelPlanes.flat(PixelPlanes.image(input));
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) interleaved[i];
        }
        Tensor source = Tensor.of(device, pixels, pixels.length);
        ImageView whole = ImageView.whole(source.address(), input.shape()[1], input.shape()[2]);
        for (String name : PixelPlanes.operations(golden)) {
            GoldenArray expected = golden.expectedArray(name);
            Resized resized = RESIZED.getOrDefault(name, SAME);
            ImageView view = whole;
            if (OPERATIONS.containsKey(name)) {
                view = OPERATIONS.get(name).view().apply(whole);
            } else {
                int[] box = box(golden, resized);
                view = whole.withCrop(box[0], box[1], box[2], box[3]);
            }
            boolean imagenet = name.equals("normalize_imagenet");
            Tensor out = Tensor.empty(device, 1, expected.shape()[1], expected.shape()[2], 3)
                    .fill(Float.NaN);
            device.backend()
                    .images()
                    .augment(
                            List.of(view),
                            DType.FLOAT32,
                            resized.bicubic() ? Resampling.BICUBIC : Resampling.BILINEAR,
                            resized.antialias(),
                            imagenet ? new float[] {0.485f, 0.456f, 0.406f} : new float[3],
                            imagenet ? new float[] {0.229f, 0.224f, 0.225f} : new float[] {1, 1, 1},
                            out);
            score.values(GoldenArray.widen(out), PixelPlanes.flat(PixelPlanes.image(expected)));
        }
    }

    /** Top, left, height and width: of the crop, or of the whole image in the antialiased cases. */
    private static int[] box(GoldenCase golden, Resized resized) {
        if (resized.antialias()) {
            int[] shape = golden.input("image").shape();
            return new int[] {0, 0, shape[1], shape[2]};
        }
        return PixelPlanes.box(golden.root().path("params").path("crop"));
    }
}
