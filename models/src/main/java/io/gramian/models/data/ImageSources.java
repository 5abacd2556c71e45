package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    /** The pixels of these images on a device, in the order of the stream that is current there, until it is closed. */
    static ImageSources of(Device device, ImageDataset data, int[] indices) {
        for (int index : indices) {
            if (index < 0 || index >= data.size()) {
                throw new IllegalArgumentException(
                        "expected indices below " + data.size() + " of " + data.name() + ", got " + index);
            }
        }
        ImageSources sources = new ImageSources(indices.length);
        data.pixels(device)
                .ifPresentOrElse(
                        pixels -> sources.point(pixels, data, indices), () -> sources.stage(device, data, indices));
        return sources;
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
