package io.gramian.models.data;

import io.gramian.Device;
import io.gramian.Tensor;
import java.util.Optional;

/** A finite, ordered set of images, labelled or not. Safe for use by several threads; frees its memory on close. */
public interface ImageDataset extends AutoCloseable {
    /** Name for messages and reports, as in {@code fashion-mnist/train}. */
    String name();

    /** Number of images. */
    int size();

    /** Number of classes; 0 when there are no labels. */
    int classes();

    /** Channels of every image: 1 (grey) or 3 (red, green, blue). */
    int channels();

    /** Name of a class, from 0. */
    String className(int classIndex);

    /** Class of an image; -1 when it has none. */
    int label(int index);

    /**
     * An image.
     *
     * @throws io.gramian.GramianException naming the file, if it cannot be read
     */
    Image image(int index);

    /**
     * All images as one uint8 tensor (n, height, width, channels) on a device, when they are in memory. Owned by the dataset,
     * which brings them to a device once, for all who ask, until it is closed.
     */
    default Optional<Tensor> pixels(Device device) {
        return Optional.empty();
    }

    /** The labels of all images, in order. */
    default int[] labels() {
        int[] labels = new int[size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = label(i);
        }
        return labels;
    }

    /** Frees the memory and files of the dataset. Closing twice does nothing. */
    @Override
    default void close() {}
}
