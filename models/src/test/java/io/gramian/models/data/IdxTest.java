package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.models.Mutations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsImagesAndLabels(boolean zipped) throws IOException {
        try (ImageDataset data =
                Idx.read("x", write("i", images(3, 2, 4), zipped), write("l", labels(0, 2, 1), zipped), List.of())) {
            assertThat(data.size()).isEqualTo(3);
            assertThat(data.classes()).isEqualTo(3);
            assertThat(data.labels()).containsExactly(0, 2, 1);
            assertThat(data.className(2)).isEqualTo("2");
            assertThat(data.image(1))
                    .usingRecursiveComparison()
                    .isEqualTo(new Image(2, 4, 1, new byte[] {8, 9, 10, 11, 12, 13, 14, 15}));
            assertThat(data.pixels(Device.cpu()).orElseThrow().shape().toArray())
                    .containsExactly(3, 2, 4, 1);
        }
    }

    @Test
    void readsColour() throws IOException {
        byte[] colour = idx(new int[] {2, 1, 1, 3}, 6);
        try (ImageDataset data = Idx.read("x", write("i", colour, false), write("l", labels(0, 0), false), List.of())) {
            assertThat(data.image(1).pixels()).containsExactly(3, 4, 5);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void saysWhatIsWrong(boolean zipped) throws IOException {
        Path good = write("good", images(3, 2, 4), zipped);
        Path labels = write("labels", labels(0, 2, 1), zipped);
        refused(good, write("few", labels(0, 2), zipped), "few: expected 3 labels, one for each image of ");
        refused(
                labels,
                labels,
                "labels: expected an IDX file of images, which starts with 00 00 08 03, got 00 00 08 01");
        refused(good, good, "good: expected an IDX file of labels, which starts with 00 00 08 01, got 00 00 08 03");
        refused(write("cut", idx(new int[] {3, 2, 4}, 23), zipped), labels, "cut: expected 24 bytes ");
        refused(write("long", idx(new int[] {3, 2, 4}, 25), zipped), labels, "long: expected ");
        refused(write("none", idx(new int[] {0, 2, 4}, 0), zipped), labels, "none: expected sizes (n, height, width)");
        refused(
                write("huge", idx(new int[] {Integer.MAX_VALUE, 60_000, 60_000}, 24), zipped),
                labels,
                "huge: expected 7");
        refused(write("empty", new byte[0], zipped), labels, "empty: expected 4 bytes of the header, got 0");
        refused(folder.resolve("absent"), labels, "absent: expected a data file, but there is none");
        assertThatThrownBy(() -> Idx.read("x", good, labels, List.of("a", "b")))
                .hasMessageContaining("labels: expected labels below 2, got 2; the file belongs to another data set");
    }

    @Test
    void aCutOffGzipFileIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(write("whole", images(30, 20, 4), true));
        Path cut = folder.resolve("cut.gz");
        Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 20));
        refused(cut, write("l", labels(1), false), "cut.gz: could not be read: ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void survivesDamage(boolean zipped) throws IOException {
        byte[] valid = Files.readAllBytes(write("v", images(5, 3, 4), zipped));
        byte[] validLabels = Files.readAllBytes(write("w", labels(1, 2, 3), zipped));
        Path file = folder.resolve("mutant");
        assertThat(Mutations.survive(
                        valid, file, 3, 1000, path -> Idx.images(path).close()))
                .isBetween(300, 999);
        assertThat(Mutations.survive(validLabels, file, 4, 500, Idx::labels)).isBetween(100, 499);
    }

    private void refused(Path images, Path labels, String message) {
        assertThatThrownBy(() -> Idx.read("x", images, labels, List.of()).close())
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(message);
    }

    static byte[] images(int n, int height, int width) {
        return idx(new int[] {n, height, width}, n * height * width);
    }

    static byte[] labels(int... values) {
        byte[] bytes = idx(new int[] {values.length}, values.length);
        for (int i = 0; i < values.length; i++) {
            bytes[8 + i] = (byte) values[i];
        }
        return bytes;
    }

    private static byte[] idx(int[] sizes, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * sizes.length + count);
        bytes.put(new byte[] {0, 0, 8, (byte) sizes.length});
        for (int size : sizes) {
            bytes.putInt(size);
        }
        for (int i = 0; i < count; i++) {
            bytes.put((byte) i);
        }
        return bytes.array();
    }

    private Path write(String name, byte[] bytes, boolean zipped) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (zipped) {
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(bytes);
            }
        } else {
            out.write(bytes);
        }
        return Files.write(folder.resolve(name), out.toByteArray());
    }
}
