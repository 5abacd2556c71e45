package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import io.gramian.models.Mutations;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageFolderTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"png,RGB", "bmp,RGB", "png,GREY", "bmp,GREY", "png,ALPHA", "png,INDEXED", "png,GREY16"})
    void readsLosslessFormatsExactly(String format, String kind) throws IOException {
        BufferedImage image = image(13, 9, kind);
        Path file = folder.resolve("a." + format);
        Files.write(file, encoded(image, format));
        Image read = ImageFile.decode(file);
        assertThat(read.height()).isEqualTo(9);
        assertThat(read.width()).isEqualTo(13);
        for (int y = 0; y < 9; y++) {
            for (int x = 0; x < 13; x++) {
                int[] expected = new int[3];
                if (kind.equals("GREY")) {
                    Arrays.fill(expected, image.getRaster().getSample(x, y, 0));
                } else if (kind.equals("GREY16")) {
                    Arrays.fill(expected, image.getRaster().getSample(x, y, 0) >> 8);
                } else {
                    int rgb = image.getRGB(x, y);
                    expected = new int[] {rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255};
                }
                for (int c = 0; c < 3; c++) {
                    assertThat(read.pixels()[(y * 13 + x) * 3 + c] & 255)
                            .as("%d, %d", y, x)
                            .isEqualTo(expected[c]);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"RGB", "GREY"})
    void readsJpegClosely(String kind) throws IOException {
        BufferedImage flat = new BufferedImage(
                17, 12, kind.equals("RGB") ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < 12; y++) {
            for (int x = 0; x < 17; x++) {
                if (kind.equals("RGB")) {
                    flat.setRGB(x, y, 0x6496c8);
                } else {
                    flat.getRaster().setSample(x, y, 0, 100);
                }
            }
        }
        Path file = Files.write(folder.resolve("b.JPG"), encoded(flat, "jpg"));
        byte[] pixels = ImageFile.decode(file).pixels();
        int[] expected = kind.equals("RGB") ? new int[] {100, 150, 200} : new int[] {100, 100, 100};
        for (int i = 0; i < pixels.length; i++) {
            assertThat(Math.abs((pixels[i] & 255) - expected[i % 3])).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void classesAreSubfoldersAndEveryTenthImageIsForTests() throws IOException {
        for (int i = 0; i < 15; i++) {
            Path file = folder.resolve(i % 2 == 0 ? "cat" : "dog").resolve(String.format("%02d.png", i));
            Files.createDirectories(file.getParent());
            Files.write(file, encoded(image(4 + i, 5, "RGB"), "png"));
        }
        Files.writeString(folder.resolve("cat/notes.txt"), "not an image");
        DatasetSpec spec = DatasetSpec.parse("folder:" + folder, null);
        try (ImageDataset train = spec.train();
                ImageDataset test = spec.test()) {
            assertThat(train.size()).isEqualTo(14);
            assertThat(test.size()).isEqualTo(1);
            assertThat(train.classes()).isEqualTo(2);
            assertThat(train.className(1)).isEqualTo("dog");
            assertThat(train.labels()).startsWith(0, 0).endsWith(1, 1);
            assertThat(train.image(1).width()).isEqualTo(6);
            assertThat(train.image(1)).isSameAs(train.image(1));
            assertThat(test.label(0)).isEqualTo(1);
        }
    }

    @Test
    void flatFoldersHaveNoClasses() throws IOException {
        Files.write(folder.resolve("a.png"), encoded(image(3, 3, "RGB"), "png"));
        try (ImageDataset data = DatasetSpec.parse("folder:" + folder, null).pretrain()) {
            assertThat(data.classes()).isZero();
            assertThat(data.label(0)).isEqualTo(-1);
        }
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        refused("expected JPEG, PNG or BMP files");
        byte[] png = encoded(image(30, 30, "RGB"), "png");
        Files.write(folder.resolve("a.png"), png);
        Files.write(folder.resolve("b.png"), new byte[0]);
        Files.writeString(folder.resolve("c.jpg"), "hello, this is text");
        refused("2 of 3 images cannot be read: b.png (empty), c.jpg (not a JPEG, PNG or BMP file); remove or replace"
                + " them");
        Path cut = Files.write(folder.resolve("d.png"), Arrays.copyOf(png, png.length / 2));
        assertThatThrownBy(() -> ImageFile.decode(cut))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("d.png: could not be read as an image: ")
                .hasMessageContaining("cut off; remove or replace it");
        byte[] jpeg = encoded(image(30, 30, "RGB"), "jpg");
        Path cutJpeg = Files.write(folder.resolve("f.jpg"), Arrays.copyOf(jpeg, jpeg.length * 3 / 4));
        assertThatThrownBy(() -> ImageFile.decode(cutJpeg))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("f.jpg: could not be read as an image: it ends before the JPEG marker");
        Path longer = Files.write(folder.resolve("g.jpg"), Arrays.copyOf(jpeg, jpeg.length + 9));
        assertThat(ImageFile.decode(longer).width()).isEqualTo(30);
        refused("4 of 6 images cannot be read: b.png (empty), c.jpg (not a JPEG, PNG or BMP file), d.png (cut off or"
                + " damaged) and others; remove or replace them");
        Files.delete(folder.resolve("b.png"));
        Files.delete(folder.resolve("c.jpg"));
        Files.delete(cut);
        refused("1 of 3 images cannot be read: f.jpg (cut off or damaged); remove or replace them");
        png[16] = 0x7f;
        Path huge = Files.write(folder.resolve("e.png"), png);
        assertThatThrownBy(() -> ImageFile.decode(huge)).isInstanceOf(GramianException.class);
        assertThatThrownBy(() -> DatasetSpec.parse("folder:" + folder.resolve("none"), null)
                        .train())
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected a folder of images, but there is none");
    }

    private void refused(String message) {
        assertThatThrownBy(() -> ImageFolder.open(folder, true))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"png,RGB", "png,INDEXED", "bmp,RGB", "bmp,GREY", "jpg,RGB", "jpg,GREY"})
    void survivesDamage(String format, String kind) throws IOException {
        byte[] valid = encoded(image(11, 7, kind), format);
        int refused = Mutations.survive(valid, folder.resolve("m." + format), 7, 400, ImageFile::decode);
        assertThat(refused).isBetween(50, 399);
    }

    private static byte[] encoded(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, bytes)).isTrue();
        return bytes.toByteArray();
    }

    private static BufferedImage image(int width, int height, String kind) {
        int type =
                switch (kind) {
                    case "GREY" -> BufferedImage.TYPE_BYTE_GRAY;
                    case "GREY16" -> BufferedImage.TYPE_USHORT_GRAY;
                    case "ALPHA" -> BufferedImage.TYPE_INT_ARGB;
                    case "INDEXED" -> BufferedImage.TYPE_BYTE_INDEXED;
                    default -> BufferedImage.TYPE_3BYTE_BGR;
                };
        BufferedImage image = new BufferedImage(width, height, type);
        Random random = new Random(width * 100L + height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                if (kind.startsWith("GREY")) {
                    image.getRaster().setSample(x, y, 0, random.nextInt(kind.equals("GREY") ? 256 : 65_536));
                } else {
                    image.setRGB(x, y, 0x80000000 | random.nextInt(1 << 24));
                }
            }
        }
        return image;
    }
}
