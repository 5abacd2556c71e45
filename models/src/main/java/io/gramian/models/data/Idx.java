package io.gramian.models.data;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * IDX files of MNIST's form, plain or gzip: two zero bytes, the type (0x08, unsigned bytes), the number of axes, their sizes as
 * big-endian 32-bit numbers, the bytes. Images are (n, height, width) or (n, height, width, channels), labels (n).
 */
final class Idx {
    private static final int UNSIGNED_BYTES = 0x08;
    /** Beyond any image set of this form; keeps every product in range. */
    private static final long MAX_SIDE = 65_535;

    private Idx() {}

    /** Reads a pair of files; an empty list of class names means one class for each label up to the largest. */
    static ImageDataset read(String name, Path images, Path labels, List<String> classNames) {
        int[] values = labels(labels);
        Tensor pixels = images(images);
        try {
            if (pixels.shape().size(0) != values.length) {
                throw new GramianException(
                        labels + ": expected " + pixels.shape().size(0) + " labels, one for each image of " + images
                                + ", got " + values.length + "; give files that belong together");
            }
            return new PackedDataset(name, pixels, values, named(labels, values, classNames));
        } catch (RuntimeException failure) {
            pixels.close();
            throw failure;
        }
    }

    /** Pixels uint8 (n, height, width, channels), of no scope. */
    static Tensor images(Path path) {
        try (DataFile file = DataFile.open(path)) {
            long[] sizes = header(path, file, "images", 3, 4);
            long channels = sizes.length == 4 ? sizes[3] : 1;
            boolean fits = sizes[0] >= 1 && sizes[1] >= 1 && sizes[2] >= 1 && (channels == 1 || channels == 3);
            if (!fits || sizes[0] > Integer.MAX_VALUE || sizes[1] > MAX_SIDE || sizes[2] > MAX_SIDE) {
                throw new GramianException(path + ": expected sizes (n, height, width) or (n, height, width, 3), got "
                        + java.util.Arrays.toString(sizes) + "; the file is damaged or empty");
            }
            long bytes;
            try {
                bytes = Math.multiplyExact(sizes[0], sizes[1] * sizes[2] * channels);
            } catch (ArithmeticException overflow) {
                throw new GramianException(path + ": its header claims more images than any file can hold", overflow);
            }
            file.expect(bytes, "the images");
            return filled(file, bytes, sizes[0], sizes[1], sizes[2], channels);
        }
    }

    private static Tensor filled(DataFile file, long bytes, long... sizes) {
        Tensor pixels = Scope.detach(Tensor.empty(Device.cpu(), DType.UINT8, sizes));
        try {
            file.readInto(pixels, 0, bytes, "images");
            file.expectEnd();
            return pixels;
        } catch (RuntimeException failure) {
            pixels.close();
            throw failure;
        }
    }

    /** The labels, 0 to 255. */
    static int[] labels(Path path) {
        try (DataFile file = DataFile.open(path)) {
            long[] sizes = header(path, file, "labels", 1, 1);
            if (sizes[0] > Integer.MAX_VALUE - 8) {
                throw new GramianException(path + ": its header claims " + sizes[0] + " labels; the file is damaged");
            }
            file.expect(sizes[0], "the labels");
            byte[] bytes = file.read((int) sizes[0], "labels");
            file.expectEnd();
            int[] labels = new int[bytes.length];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = bytes[i] & 0xff;
            }
            return labels;
        }
    }

    private static long[] header(Path path, DataFile file, String what, int leastAxes, int mostAxes) {
        byte[] magic = file.read(4, "the header");
        int axes = magic[3];
        if (magic[0] != 0 || magic[1] != 0 || magic[2] != UNSIGNED_BYTES || axes < leastAxes || axes > mostAxes) {
            throw new GramianException(String.format(
                    "%s: expected an IDX file of %s, which starts with 00 00 08 %02x, got %02x %02x %02x %02x;"
                            + " give images and labels in this order",
                    path, what, leastAxes, magic[0], magic[1], magic[2], magic[3]));
        }
        long[] sizes = new long[axes];
        ByteBuffer bytes = ByteBuffer.wrap(file.read(4 * axes, "the header"));
        for (int axis = 0; axis < axes; axis++) {
            sizes[axis] = bytes.getInt() & 0xffffffffL;
        }
        return sizes;
    }

    private static List<String> named(Path path, int[] labels, List<String> classNames) {
        int largest = 0;
        for (int label : labels) {
            largest = Math.max(largest, label);
        }
        if (classNames.isEmpty()) {
            List<String> numbers = new ArrayList<>();
            for (int label = 0; label <= largest; label++) {
                numbers.add(Integer.toString(label));
            }
            return numbers;
        }
        if (largest >= classNames.size()) {
            throw new GramianException(path + ": expected labels below " + classNames.size() + ", got " + largest
                    + "; the file belongs to another data set");
        }
        return classNames;
    }
}
