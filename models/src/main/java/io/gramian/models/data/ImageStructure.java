package io.gramian.models.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Lengths in image files, checked before a decoder believes them and allocates. */
final class ImageStructure {
    private ImageStructure() {}

    /** Whether the last 8 bytes of a file are the end of such an image; other data may follow the end, or it is cut off. */
    static boolean ends(String format, byte[] last) {
        return switch (format) {
            case "png" -> new String(last, 0, 4, StandardCharsets.ISO_8859_1).equals("IEND");
            case "jpeg" -> last[6] == (byte) 0xff && last[7] == (byte) 0xd9;
            default -> true; // a bitmap has no mark at its end
        };
    }

    static void check(Path path, String format, byte[] bytes) {
        if (format.equals("png")) {
            checkPng(path, ByteBuffer.wrap(bytes));
        } else if (format.equals("jpeg")) {
            checkJpeg(path, bytes);
        } else if (format.equals("bmp")) {
            checkBmp(path, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    /** Chunks of length, type, content, checksum; they must lie within the file, and one of them ends the image. */
    private static void checkPng(Path path, ByteBuffer bytes) {
        int at = 8;
        while (bytes.limit() - at >= 12) {
            long length = bytes.getInt(at) & 0xffffffffL;
            if (length > bytes.limit() - at - 12) {
                throw ImageFile.unreadable(
                        path, "a PNG chunk of " + length + " bytes reaches beyond its end, it is cut off", null);
            }
            String type = new String(bytes.array(), at + 4, 4, StandardCharsets.ISO_8859_1);
            if (type.equals("IEND")) {
                return;
            }
            at += 12 + (int) length;
        }
        throw ImageFile.unreadable(path, "it ends before the last PNG chunk, it is cut off", null);
    }

    /**
     * Segments of marker, length and content; entropy-coded data may stand between them. The image ends with the marker EOI, not
     * with the file: decoders fill with grey what was cut off, and say nothing.
     */
    private static void checkJpeg(Path path, byte[] bytes) {
        int at = 2;
        while (at + 1 < bytes.length) {
            int marker = bytes[at + 1] & 255;
            if (bytes[at] != (byte) 0xff || marker == 0 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd7)) {
                at++; // data, a stuffed zero, fill bytes or a restart
            } else if (marker == 0xd9) {
                return;
            } else {
                boolean whole = at + 3 < bytes.length;
                at += 2 + (whole ? (bytes[at + 2] & 255) * 256 + (bytes[at + 3] & 255) : bytes.length);
            }
        }
        throw ImageFile.unreadable(path, "it ends before the JPEG marker of the end, it is cut off", null);
    }

    /** File header of 14 bytes, then one of 12 to 124 bytes with sizes and the number of colours. */
    private static void checkBmp(Path path, ByteBuffer bytes) {
        if (bytes.limit() < 26) {
            throw ImageFile.unreadable(path, "it is too short for a BMP file, it is cut off", null);
        }
        long dataAt = bytes.getInt(10) & 0xffffffffL;
        long header = bytes.getInt(14) & 0xffffffffL;
        boolean old = header == 12;
        if (dataAt > bytes.limit() || header > 124 || (!old && (header < 40 || bytes.limit() < 54))) {
            throw ImageFile.unreadable(path, "its BMP header is damaged", null);
        }
        if (old) {
            return;
        }
        long colours = bytes.getInt(46) & 0xffffffffL;
        long width = bytes.getInt(18);
        long height = Math.abs((long) bytes.getInt(22));
        int bits = bytes.getShort(28);
        boolean plain = bytes.getInt(30) == 0 || bytes.getInt(30) == 3;
        long rows = (width * bits + 31) / 32 * 4 * height;
        if (colours > 256 || width < 1 || bits < 1 || bits > 32 || (plain && rows > bytes.limit() - dataAt)) {
            throw ImageFile.unreadable(path, "its BMP header does not fit the file, it is cut off or damaged", null);
        }
    }
}
