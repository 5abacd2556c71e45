package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import io.gramian.models.Mutations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BinarySetsTest {
    private static final int RECORD = 3073;

    @TempDir
    Path folder;

    /** CIFAR-10 with two records a file. */
    private final Cifar small = new Cifar(
            "cifar10",
            "cifar-10-batches-bin",
            "cifar-10-binary.tar.gz",
            1,
            2,
            List.of("a.bin", "b.bin"),
            "t.bin",
            Cifar.TEN.classNames());

    @Test
    void readsCifarFromFolderAndArchive() throws IOException {
        byte[] first = records(1);
        byte[] second = records(2);
        Path inside = Files.createDirectories(folder.resolve("f/cifar-10-batches-bin"));
        Files.write(inside.resolve("a.bin"), first);
        Files.write(inside.resolve("b.bin"), second);
        Path archive = Files.createDirectories(folder.resolve("g")).resolve("cifar-10-binary.tar.gz");
        // in another order than the files are named
        Files.write(archive, tar(List.of("x/b.bin", "x/a.bin"), List.of(second, first)));
        for (Path place : List.of(folder.resolve("f"), inside, folder.resolve("g"), archive)) {
            try (ImageDataset data = small.open(place, true)) {
                assertThat(data.size()).isEqualTo(4);
                assertThat(data.label(2)).isEqualTo(second[0]);
                assertThat(data.classes()).isEqualTo(10);
                byte[] pixels = data.image(3).pixels();
                int y = 5;
                int x = 7;
                for (int c = 0; c < 3; c++) {
                    assertThat(pixels[(y * 32 + x) * 3 + c]).isEqualTo(second[RECORD + 1 + c * 1024 + y * 32 + x]);
                }
            }
        }
    }

    /** Superclass, class, pixels: torchvision's "fine label" is the second byte. */
    @Test
    void readsTheClassOfCifar100() throws IOException {
        int record = 2 + 3072;
        byte[] bytes = new byte[3 * record];
        new Random(8).nextBytes(bytes);
        for (int i = 0; i < 3; i++) {
            bytes[i * record] = (byte) (19 - i);
            bytes[i * record + 1] = (byte) (99 - i);
        }
        Path inside = Files.createDirectories(folder.resolve("cifar-100-binary"));
        Files.write(inside.resolve("train.bin"), bytes);
        Cifar three = new Cifar(
                "cifar100",
                "cifar-100-binary",
                "cifar-100-binary.tar.gz",
                2,
                3,
                List.of("train.bin"),
                "test.bin",
                Cifar.HUNDRED.classNames());
        try (ImageDataset data = three.open(folder, true)) {
            assertThat(data.size()).isEqualTo(3);
            assertThat(data.classes()).isEqualTo(100);
            assertThat(data.labels()).containsExactly(99, 98, 97);
            assertThat(data.image(2).pixels()[(31 * 32 + 30) * 3 + 1])
                    .isEqualTo(bytes[2 * record + 2 + 1024 + 31 * 32 + 30]);
        }
    }

    /** Names, counts and sizes of the files as the data sets' pages give them. */
    @Test
    void filesAreThoseOfTheDistributions() throws IOException {
        assertThat(Cifar.TEN.trainFiles())
                .containsExactly(
                        "data_batch_1.bin",
                        "data_batch_2.bin",
                        "data_batch_3.bin",
                        "data_batch_4.bin",
                        "data_batch_5.bin");
        assertThat(Cifar.HUNDRED.trainFiles()).containsExactly("train.bin");
        for (String file : List.of("data_batch_1.bin", "test_batch.bin")) {
            Files.write(folder.resolve(file), new byte[30_729_999]);
        }
        assertThatThrownBy(() -> Cifar.TEN.open(folder, false))
                .hasMessageContaining("test_batch.bin: expected 30730000 bytes, 10000 records of 3073, got 30729999");
        for (String file : List.of("train.bin", "test.bin")) {
            Files.write(folder.resolve(file), new byte[2]);
        }
        assertThatThrownBy(() -> Cifar.HUNDRED.open(folder, true))
                .hasMessageContaining("train.bin: expected 153700000 bytes, 50000 records of 3074, got 2");
        assertThatThrownBy(() -> Cifar.HUNDRED.open(folder, false))
                .hasMessageContaining("test.bin: expected 30740000 bytes, 10000 records of 3074, got 2");
    }

    @Test
    void saysWhatIsWrongWithCifar() throws IOException {
        refused(folder, "expected a.bin, the folder cifar-10-batches-bin or cifar-10-binary.tar.gz, got none of them");
        Files.write(folder.resolve("a.bin"), records(1));
        refused(folder, "b.bin: expected this file of cifar10 beside the others");
        Files.write(folder.resolve("b.bin"), Arrays.copyOf(records(2), 2 * RECORD - 1));
        refused(
                folder,
                "b.bin: expected 6146 bytes, 2 records of 3073, got 6145; the file is cut off or of another data set");
        byte[] wrong = records(2);
        wrong[RECORD] = 10;
        Files.write(folder.resolve("b.bin"), wrong);
        refused(folder, "b.bin: expected labels below 10, got 10 in record 1");
        Path archive = folder.resolve("other.tar.gz");
        Files.write(archive, tar(List.of("a.bin"), List.of(records(1))));
        refused(archive, "expected b.bin inside, got an archive without it");
        Files.write(archive, new byte[] {1, 2, 3});
        refused(archive, "could not be read");
    }

    @Test
    void cifarSurvivesDamage() throws IOException {
        byte[] valid = tar(List.of("a.bin", "b.bin"), List.of(records(1), records(2)));
        int refused = Mutations.survive(valid, folder.resolve("m.tar.gz"), 5, 600, path -> small.open(path, true)
                .close());
        assertThat(refused).isBetween(250, 599);
        Files.write(folder.resolve("b.bin"), records(2));
        refused = Mutations.survive(records(1), folder.resolve("a.bin"), 6, 600, path -> small.open(folder, true)
                .close());
        assertThat(refused).isBetween(100, 599);
    }

    @Test
    void readsStl10ColumnByColumn() throws IOException {
        byte[] bytes = new byte[2 * 3 * 96 * 96];
        new Random(4).nextBytes(bytes);
        Path images = Files.write(folder.resolve("train_X.bin"), bytes);
        Path labels = Files.write(folder.resolve("train_y.bin"), new byte[] {1, 10});
        try (ImageDataset data = Stl10.open("stl10/train", images, labels)) {
            assertThat(data.labels()).containsExactly(0, 9);
            byte[] pixels = data.image(1).pixels();
            assertThat(pixels[(20 * 96 + 30) * 3 + 2]).isEqualTo(bytes[3 * 96 * 96 + 2 * 96 * 96 + 30 * 96 + 20]);
        }
        try (ImageDataset data = DatasetSpec.parse("stl10", folder).pretrain()) {
            assertThat(data.name()).isEqualTo("stl10/train");
        }
        Files.write(folder.resolve("unlabeled_X.bin"), Arrays.copyOf(bytes, 3 * 96 * 96));
        try (ImageDataset data = DatasetSpec.parse("stl10", folder).pretrain()) {
            assertThat(data.size()).isEqualTo(1);
            assertThat(data.label(0)).isEqualTo(-1);
        }
    }

    @Test
    void saysWhatIsWrongWithStl10() throws IOException {
        assertThatThrownBy(() -> DatasetSpec.parse("stl10", folder).train())
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected train_X.bin or the folder stl10_binary");
        Path images = Files.write(folder.resolve("train_X.bin"), new byte[3 * 96 * 96 + 1]);
        assertThatThrownBy(() -> Stl10.open("s", images, null))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected a multiple of 27648 bytes, one image of 96 x 96 each, got 27649");
        Files.write(images, new byte[2 * 3 * 96 * 96]);
        Path labels = Files.write(folder.resolve("train_y.bin"), new byte[] {1});
        assertThatThrownBy(() -> Stl10.open("s", images, labels))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected 2 bytes for one label for each image, got 1");
        Files.write(labels, new byte[] {1, 11});
        assertThatThrownBy(() -> Stl10.open("s", images, labels))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected labels 1 to 10, got 11 for image 1");
    }

    private void refused(Path place, String message) {
        assertThatThrownBy(() -> small.open(place, true).close())
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(message);
    }

    private static byte[] records(long seed) {
        byte[] bytes = new byte[2 * RECORD];
        new Random(seed).nextBytes(bytes);
        bytes[0] = (byte) seed;
        bytes[RECORD] = 9;
        return bytes;
    }

    private static byte[] tar(List<String> names, List<byte[]> contents) throws IOException {
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(gzip)) {
            for (int i = 0; i < names.size(); i++) {
                TarArchiveEntry entry = new TarArchiveEntry(names.get(i));
                entry.setSize(contents.get(i).length);
                tar.putArchiveEntry(entry);
                tar.write(contents.get(i));
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }
}
