package io.gramian.models.data;

import io.gramian.GramianException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One JPEG, PNG or BMP file, decoded to red, green and blue. Grey, palette, 16-bit and CMYK images are converted; an alpha channel
 * is dropped, as {@code convert("RGB")} of Pillow does.
 */
final class ImageFile {
    /** 64 megapixels: 192 MB of pixels, larger than any training photograph. */
    static final long MOST_PIXELS = 64_000_000;
    /** More than the densest of the formats can pack (one-bit PNG of one colour: about 8,300). */
    private static final long MOST_PIXELS_PER_BYTE = 10_000;

    private static final long MOST_BYTES = 512L << 20;

    static {
        // no temporary files: everything is in memory already
        ImageIO.setUseCache(false);
    }

    private ImageFile() {}

    /** Whether a name ends as image files do. */
    static boolean named(Path path) {
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        return !name.startsWith(".")
                && List.of(".jpg", ".jpeg", ".png", ".bmp").stream().anyMatch(name::endsWith);
    }

    /** What is wrong with the start or the end of a file; null if it looks like a whole image. */
    static @Nullable String defect(Path path) {
        try (FileChannel channel = FileChannel.open(path)) {
            byte[] start = read(channel, 0, 8);
            String format = format(start);
            if (format == null) {
                return start.length == 0 ? "empty" : "not a JPEG, PNG or BMP file";
            }
            // what ends as it should is not read as a whole: folders may hold millions
            if (!ImageStructure.ends(format, read(channel, channel.size() - 8, 8)) && channel.size() <= MOST_BYTES) {
                ImageStructure.check(path, format, Files.readAllBytes(path));
            }
            return null;
        } catch (GramianException damaged) {
            return "cut off or damaged";
        } catch (IOException failure) {
            return String.valueOf(failure.getMessage());
        }
    }

    private static byte[] read(FileChannel channel, long from, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(count, channel.size() - from));
        while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
            // until all is there
        }
        return bytes.array();
    }

    /**
     * Decodes a file.
     *
     * @throws GramianException naming the file and the reason
     */
    static Image decode(Path path) {
        try {
            long size = Files.size(path);
            if (size > MOST_BYTES) {
                throw new GramianException(
                        path + ": expected an image file of at most " + MOST_BYTES + " bytes, got " + size);
            }
            byte[] bytes = Files.readAllBytes(path);
            String format = format(bytes);
            if (format == null) {
                throw unreadable(path, bytes.length == 0 ? "it is empty" : "it is not a JPEG, PNG or BMP file", null);
            }
            ImageStructure.check(path, format, bytes);
            return decode(path, format, bytes);
        } catch (IOException failure) {
            throw unreadable(path, String.valueOf(failure.getMessage()), failure);
        } catch (GramianException known) {
            throw known;
        } catch (RuntimeException damaged) {
            // decoders report some damage so
            throw unreadable(path, "it is damaged", damaged);
        }
    }

    private static Image decode(Path path, String format, byte[] bytes) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        ImageReader reader = readers.next();
        try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            // metadata is of no use here, and its fields are one more thing that may lie
            reader.setInput(stream, true, true);
            long height = reader.getHeight(0);
            long width = reader.getWidth(0);
            long most = Math.min(MOST_PIXELS, 4096 + MOST_PIXELS_PER_BYTE * bytes.length);
            if (height < 1 || width < 1 || height > 65_535 || width > 65_535 || height * width > most) {
                throw unreadable(
                        path,
                        "its header claims " + height + " x " + width + " pixels, expected at most " + most,
                        null);
            }
            ImageReadParam parameters = reader.getDefaultReadParam();
            return pixels(reader.read(0, parameters));
        } finally {
            reader.dispose();
        }
    }

    private static Image pixels(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        ColorModel model = image.getColorModel();
        boolean grey = model.getColorSpace().getType() == ColorSpace.TYPE_GRAY && !(model instanceof IndexColorModel);
        byte[] pixels = new byte[height * width * 3];
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            if (grey) {
                greyRow(image, y, row);
            } else {
                image.getRGB(0, y, width, 1, row, 0, width);
            }
            for (int x = 0; x < width; x++) {
                pixels[at++] = (byte) (row[x] >> 16);
                pixels[at++] = (byte) (row[x] >> 8);
                pixels[at++] = (byte) row[x];
            }
        }
        return new Image(height, width, 3, pixels);
    }

    /** Grey values as they are, the upper 8 of 16 bits: Java's own conversion would take them for linear light. */
    private static void greyRow(BufferedImage image, int y, int[] row) {
        image.getRaster().getSamples(0, y, row.length, 1, 0, row);
        int shift = Math.max(0, image.getSampleModel().getSampleSize(0) - 8);
        for (int x = 0; x < row.length; x++) {
            row[x] = (row[x] >> shift) * 0x010101;
        }
    }

    private static @Nullable String format(byte[] bytes) {
        if (bytes.length < 8) {
            return null;
        }
        ByteBuffer start = ByteBuffer.wrap(bytes);
        if (start.getLong(0) == 0x89504e470d0a1a0aL) {
            return "png";
        }
        if ((start.getInt(0) >>> 8) == 0xffd8ff) {
            return "jpeg";
        }
        return start.getShort(0) == 0x424d ? "bmp" : null;
    }

    static GramianException unreadable(Path path, String reason, @Nullable Exception cause) {
        String oneLine = reason.lines().findFirst().orElse("it is damaged");
        return new GramianException(
                path + ": could not be read as an image: " + oneLine + "; remove or replace it", cause);
    }
}
