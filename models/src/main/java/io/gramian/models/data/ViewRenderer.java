package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.ImageView;
import io.gramian.backend.Images;
import io.gramian.backend.Stream;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.ViewDraw;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes views of the images of a data set, on a stream of its own. The pixels depend on (seed, epoch, image, view) alone.
 * One thread at a time.
 */
public final class ViewRenderer implements AutoCloseable {
    private final Stream stream;
    private final Images images;
    private final Device device;

    /**
     * Creates a renderer.
     *
     * @param threads threads of the kernels; 0 for one per core
     */
    public ViewRenderer(Device device, int threads) {
        this.device = device;
        this.stream = device.backend().newStream(threads);
        this.images = device.backend().images(stream);
    }

    /**
     * Renders one view of each image.
     *
     * @param indices which images, in order
     * @param view number of the view, part of the seed
     * @return float32 (n, size, size, channels), of the caller's scope
     */
    public Tensor render(ImageDataset data, int[] indices, Augmentation augmentation, long seed, int epoch, int view) {
        long side = augmentation.size();
        Tensor out = Tensor.empty(device, indices.length, side, side, data.channels());
        stream.waitFor(current());
        try {
            stream.use(() -> {
                try (ImageSources of = ImageSources.of(device, data, indices)) {
                    render(of, data.channels(), indices, augmentation, seed, epoch, view, out);
                }
            });
        } catch (RuntimeException failure) {
            stream.synchronise();
            out.close();
            throw failure;
        }
        current().waitFor(stream);
        return out;
    }

    /** The stream of the caller, who made the tensors and will read them. */
    private Stream current() {
        return device.backend().memory().current();
    }

    /**
     * Renders one view per augmentation into tensors that are there; each image is read once. Begins when what the caller's
     * stream was given is done, since it may still read these tensors, and has ended when it returns.
     */
    void render(
            ImageDataset data,
            int[] indices,
            List<Augmentation> augmentations,
            long seed,
            int epoch,
            List<Tensor> out) {
        stream.waitFor(current());
        stream.use(() -> {
            try (ImageSources of = ImageSources.of(device, data, indices)) {
                for (int view = 0; view < augmentations.size(); view++) {
                    Augmentation augmentation = augmentations.get(view);
                    render(of, data.channels(), indices, augmentation, seed, epoch, view, out.get(view));
                }
            }
        });
        stream.synchronise();
    }

    private void render(
            ImageSources of, int channels, int[] indices, Augmentation a, long seed, int epoch, int view, Tensor out) {
        List<ImageView> views = new ArrayList<>(indices.length);
        for (int i = 0; i < indices.length; i++) {
            views.add(ViewDraw.draw(a, of.address(i), of.height(i), of.width(i), seed, epoch, indices[i], view));
        }
        float[] mean = perChannel(a.mean(), channels);
        float[] std = perChannel(a.std(), channels);
        if (a.rounding() == Augmentation.Rounding.BYTES) {
            images.augmentBytes(views, a.crop().resampling(), mean, std, out);
        } else {
            images.augment(views, DType.UINT8, a.crop().resampling(), a.crop().antialias(), mean, std, out);
        }
    }

    private static float[] perChannel(List<Double> values, int channels) {
        float[] result = new float[values.size() == 1 ? channels : values.size()];
        for (int c = 0; c < result.length; c++) {
            result[c] = values.get(values.size() == 1 ? 0 : c).floatValue();
        }
        return result;
    }

    /** Frees the stream. */
    @Override
    public void close() {
        stream.close();
    }
}
