package io.gramian.models.report;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.Recipe;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.ViewRenderer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** Takes the images of a data set that the report shows, and writes {@code images.npy} and {@code augmented.npy}. */
public final class RunImages {
    private static final int BATCH = 500;

    private RunImages() {}

    /**
     * Writes the first images of a data set, in its order.
     *
     * @param count how many, at most the size of the data
     * @param size side of the square that they are resized to, in pixels
     */
    public static void writeTests(Path run, ImageDataset data, int count, int size) {
        int n = Math.min(count, data.size());
        try (Scope scope = Scope.open();
                ViewRenderer renderer = new ViewRenderer(Device.cpu(), 0)) {
            Tensor images = Tensor.empty(Device.cpu(), DType.UINT8, n, size, size, data.channels());
            for (int from = 0; from < n; from += BATCH) {
                int[] indices = IntStream.range(from, Math.min(n, from + BATCH)).toArray();
                try (Scope step = Scope.open()) {
                    Tensor part = renderer.render(data, indices, Augmentation.plain(size), 0, 0, 0);
                    images.rows(from, from + indices.length)
                            .copyFrom(toBytes(part.toFloats(), List.of(0.0), List.of(1.0)));
                }
            }
            RunArtifacts.writeImages(run, images);
        }
    }

    /**
     * Writes images with their augmented views, as the training saw them in its first epoch.
     *
     * @param recipe augmentations of the run
     * @param views views an image
     * @param indices which images
     * @param seed of the run's augmentations
     */
    public static void writeAugmented(Path run, ImageDataset data, Recipe recipe, int views, int[] indices, long seed) {
        List<Augmentation> augmentations = recipe.forViews(views);
        int size = augmentations.get(0).size();
        try (Scope scope = Scope.open();
                ViewRenderer renderer = new ViewRenderer(Device.cpu(), 0)) {
            Augmentation plain = Augmentation.plain(size);
            int image = size * size * data.channels();
            byte[] all = new byte[indices.length * (views + 1) * image];
            for (int v = 0; v <= views; v++) {
                Augmentation augmentation = v == 0 ? plain : augmentations.get(v - 1);
                Tensor part = renderer.render(data, indices, augmentation, seed, 0, Math.max(0, v - 1));
                byte[] bytes = toBytes(part.toFloats(), augmentation.mean(), augmentation.std());
                for (int i = 0; i < indices.length; i++) {
                    System.arraycopy(bytes, i * image, all, (i * (views + 1) + v) * image, image);
                }
            }
            RunArtifacts.writeAugmented(
                    run,
                    Tensor.empty(Device.cpu(), DType.UINT8, indices.length, views + 1, size, size, data.channels())
                            .copyFrom(all));
        }
    }

    /** Undoes the normalisation of HWC pixels: {@code 255 (x std + mean)}, rounded, cut to [0, 255]. */
    static byte[] toBytes(float[] pixels, List<Double> mean, List<Double> std) {
        byte[] bytes = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            double value = 255 * (pixels[i] * std.get(i % std.size()) + mean.get(i % mean.size()));
            bytes[i] = (byte) (int) Math.max(0, Math.min(255, Math.rint(value)));
        }
        return bytes;
    }
}
