package io.gramian.models.data;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of the binary version of STL-10 (Coates et al. 2011), as its page describes it (cs.stanford.edu/~acoates/stl10): 3 x 96 x
 * 96 bytes an image, red, then green, then blue, each column by column; labels 1 to 10 in a file of their own. Images are read
 * from the file when asked for: 100,000 of them do not fit into a small memory.
 */
final class Stl10 implements ImageDataset {
    static final List<String> CLASSES =
            List.of("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck");

    private static final int SIDE = 96;
    private static final int BYTES = 3 * SIDE * SIDE;

    private final String name;
    private final Path path;
    private final FileChannel channel;
    private final int size;
    private final int[] labels;

    private Stl10(String name, Path path, FileChannel channel, int size, int[] labels) {
        this.name = name;
        this.path = path;
        this.channel = channel;
        this.size = size;
        this.labels = labels;
    }

    /** The folder with the files of STL-10. */
    static Path folder(Path dataDir) {
        for (Path place : List.of(
                dataDir,
                dataDir.resolve("stl10_binary"),
                dataDir.resolve("stl10").resolve("stl10_binary"))) {
            if (Files.isRegularFile(place.resolve("train_X.bin"))) {
                return place;
            }
        }
        throw new GramianException(
                dataDir + ": expected train_X.bin or the folder stl10_binary, got neither; download and unpack"
                        + " the binary version of STL-10 and give its folder with --data-dir");
    }

    /** Opens images and, where there are any, labels. */
    static Stl10 open(String name, Path images, @Nullable Path labels) {
        try {
            long bytes = Files.size(images);
            if (bytes == 0 || bytes % BYTES != 0 || bytes / BYTES > Integer.MAX_VALUE) {
                throw new GramianException(
                        images + ": expected a multiple of " + BYTES + " bytes, one image of 96 x 96 each, got " + bytes
                                + "; the file is cut off or empty; get it again");
            }
            int size = (int) (bytes / BYTES);
            int[] values = labels == null ? new int[0] : labels(labels, size);
            return new Stl10(name, images, FileChannel.open(images, StandardOpenOption.READ), size, values);
        } catch (IOException failure) {
            throw new GramianException(
                    images + ": could not be read: " + failure.getMessage() + "; check the path", failure);
        }
    }

    private static int[] labels(Path path, int size) {
        try (DataFile file = DataFile.open(path)) {
            file.expect(size, "one label for each image");
            byte[] bytes = file.read(size, "labels");
            file.expectEnd();
            int[] labels = new int[size];
            for (int i = 0; i < size; i++) {
                labels[i] = (bytes[i] & 0xff) - 1;
                if (labels[i] < 0 || labels[i] >= CLASSES.size()) {
                    throw new GramianException(path + ": expected labels 1 to 10, got " + (labels[i] + 1)
                            + " for image " + i + "; the file is damaged");
                }
            }
            return labels;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int classes() {
        return labels.length == 0 ? 0 : CLASSES.size();
    }

    @Override
    public int channels() {
        return 3;
    }

    @Override
    public String className(int classIndex) {
        return CLASSES.get(classIndex);
    }

    @Override
    public int label(int index) {
        return labels.length == 0 ? -1 : labels[index];
    }

    @Override
    public Image image(int index) {
        ByteBuffer record = ByteBuffer.allocate(BYTES);
        long start = (long) index * BYTES;
        try {
            while (record.hasRemaining() && channel.read(record, start + record.position()) >= 0) {
                continue;
            }
        } catch (IOException failure) {
            throw new GramianException(path + ": could not be read: " + failure.getMessage(), failure);
        }
        if (record.hasRemaining()) {
            throw new GramianException(path + ": became shorter while it was read");
        }
        byte[] planes = record.array();
        byte[] pixels = new byte[BYTES];
        for (int c = 0; c < 3; c++) {
            for (int x = 0; x < SIDE; x++) {
                for (int y = 0; y < SIDE; y++) {
                    pixels[(y * SIDE + x) * 3 + c] = planes[(c * SIDE + x) * SIDE + y];
                }
            }
        }
        return new Image(SIDE, SIDE, 3, pixels);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failure) {
            throw new GramianException(path + ": could not be closed: " + failure.getMessage(), failure);
        }
    }
}
