package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.ImageView;
import io.gramian.backend.Images;
import io.gramian.backend.Stream;
import io.gramian.models.augment.Augmentation;
import io.gramian.models.augment.ViewDraw;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
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
        try (Sources sources = Sources.of(device, data, indices)) {
            render(sources, data.channels(), indices, augmentation, seed, epoch, view, out);
        } catch (RuntimeException failure) {
            out.close();
            throw failure;
        }
        return out;
    }

    /** Renders one view per augmentation into tensors that are there; each image is read once. */
    void render(
            ImageDataset data,
            int[] indices,
            List<Augmentation> augmentations,
            long seed,
            int epoch,
            List<Tensor> out) {
        try (Sources sources = Sources.of(device, data, indices)) {
            for (int view = 0; view < augmentations.size(); view++) {
                Augmentation augmentation = augmentations.get(view);
                render(sources, data.channels(), indices, augmentation, seed, epoch, view, out.get(view));
            }
        }
    }

    private void render(
            Sources sources, int channels, int[] indices, Augmentation a, long seed, int epoch, int view, Tensor out) {
        List<ImageView> views = new ArrayList<>(indices.length);
        for (int i = 0; i < indices.length; i++) {
            views.add(ViewDraw.draw(
                    a, sources.addresses[i], sources.heights[i], sources.widths[i], seed, epoch, indices[i], view));
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

    /** Where the pixels of a batch are: in the data set's memory, if it is the device's, or copied behind each other. */
    private static final class Sources implements AutoCloseable {
        private static final long AT_ONCE = 64 << 20; // bytes

        private final long[] addresses;
        private final int[] heights;
        private final int[] widths;
        private final List<Tensor> staged = new ArrayList<>(1);

        private Sources(int count) {
            addresses = new long[count];
            heights = new int[count];
            widths = new int[count];
        }

        static Sources of(Device device, ImageDataset data, int[] indices) {
            for (int index : indices) {
                if (index < 0 || index >= data.size()) {
                    throw new IllegalArgumentException(
                            "expected indices below " + data.size() + " of " + data.name() + ", got " + index);
                }
            }
            Sources sources = new Sources(indices.length);
            Tensor pixels = data.pixels().orElse(null);
            if (pixels == null || pixels.device() != device) {
                sources.stage(device, data, indices);
                return sources;
            }
            int height = (int) pixels.shape().size(1);
            int width = (int) pixels.shape().size(2);
            long stride = (long) height * width * data.channels();
            for (int i = 0; i < indices.length; i++) {
                sources.addresses[i] = pixels.address() + indices[i] * stride;
            }
            Arrays.fill(sources.heights, height);
            Arrays.fill(sources.widths, width);
            return sources;
        }

        private void stage(Device device, ImageDataset data, int[] indices) {
            List<Image> images = new ArrayList<>(indices.length);
            long total = 0;
            for (int index : indices) {
                Image image = data.image(index);
                images.add(image);
                total += image.pixels().length;
            }
            Tensor memory = Tensor.empty(device, DType.UINT8, total);
            staged.add(memory);
            long at = 0;
            for (int i = 0; i < indices.length; i++) {
                Image image = images.get(i);
                addresses[i] = memory.address() + at;
                heights[i] = image.height();
                widths[i] = image.width();
                at += image.pixels().length;
            }
            copy(images, total, memory);
        }

        /** The images behind each other: at once where a copy is a call of the device, if the heap has room for it. */
        private static void copy(List<Image> images, long total, Tensor memory) {
            boolean atOnce = !memory.device().backend().memory().onHost() && total <= AT_ONCE;
            ByteBuffer all = ByteBuffer.allocate(atOnce ? (int) total : 0);
            long at = 0;
            for (Image image : images) {
                if (atOnce) {
                    all.put(image.pixels());
                } else {
                    memory.putBytes(at, ByteBuffer.wrap(image.pixels()));
                }
                at += image.pixels().length;
            }
            if (atOnce) {
                memory.putBytes(0, all.flip());
            }
        }

        @Override
        public void close() {
            staged.forEach(Tensor::close);
        }
    }
}
