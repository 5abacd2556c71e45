package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the pixels of a batch are on a device: among all images of the data set, or copied behind each other. */
final class ImageSources implements AutoCloseable {
    private static final long AT_ONCE = 64 << 20; // bytes

    private final long[] addresses;
    private final int[] heights;
    private final int[] widths;
    private @Nullable Tensor staged;

    private ImageSources(int count) {
        addresses = new long[count];
        heights = new int[count];
        widths = new int[count];
    }

    /** Image sets on one device; those of another are copied to it once, in the order of the stream that is current then. */
    static final class Room implements AutoCloseable {
        private final Device device;
        private final Map<Tensor, Tensor> copies = new IdentityHashMap<>();

        Room(Device device) {
            this.device = device;
        }

        /** The pixels of these images, until it is closed. */
        ImageSources of(ImageDataset data, int[] indices) {
            for (int index : indices) {
                if (index < 0 || index >= data.size()) {
                    throw new IllegalArgumentException(
                            "expected indices below " + data.size() + " of " + data.name() + ", got " + index);
                }
            }
            ImageSources sources = new ImageSources(indices.length);
            Tensor pixels = data.pixels().orElse(null);
            if (pixels == null) {
                sources.stage(device, data, indices);
            } else {
                sources.point(here(pixels), data, indices);
            }
            return sources;
        }

        private Tensor here(Tensor pixels) {
            if (pixels.device() == device) {
                return pixels;
            }
            return copies.computeIfAbsent(
                    pixels,
                    all -> Scope.detach(
                            Tensor.empty(device, DType.UINT8, all.shape().toArray())
                                    .copyFrom(all)));
        }

        @Override
        public void close() {
            copies.values().forEach(Tensor::close);
            copies.clear();
        }
    }

    private void point(Tensor pixels, ImageDataset data, int[] indices) {
        int height = (int) pixels.shape().size(1);
        int width = (int) pixels.shape().size(2);
        long stride = (long) height * width * data.channels();
        for (int i = 0; i < indices.length; i++) {
            addresses[i] = pixels.address() + indices[i] * stride;
        }
        Arrays.fill(heights, height);
        Arrays.fill(widths, width);
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
        staged = memory;
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

    /** Address of an image on the device. */
    long address(int image) {
        return addresses[image];
    }

    /** Its rows. */
    int height(int image) {
        return heights[image];
    }

    /** Its columns. */
    int width(int image) {
        return widths[image];
    }

    @Override
    public void close() {
        if (staged != null) {
            staged.close();
        }
    }
}
