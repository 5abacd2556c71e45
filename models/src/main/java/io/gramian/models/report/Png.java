package io.gramian.models.report;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes 8-bit grey or RGB images as PNG (RFC 2083), each row filtered by its difference to the pixel on the left. */
final class Png {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final byte SUB = 1;

    private Png() {}

    /** PNG of HWC bytes; {@code channels} is 1 or 3. */
    static byte[] encode(byte[] pixels, int height, int width, int channels) {
        int row = width * channels;
        byte[] filtered = new byte[height * (row + 1)];
        for (int y = 0; y < height; y++) {
            filtered[y * (row + 1)] = SUB;
            for (int x = 0; x < row; x++) {
                int left = x < channels ? 0 : pixels[y * row + x - channels];
                filtered[y * (row + 1) + 1 + x] = (byte) (pixels[y * row + x] - left);
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) 8)
                .put((byte) (channels == 1 ? 0 : 2))
                .put((byte) 0)
                .put((byte) 0)
                .put((byte) 0);
        chunk(png, "IHDR", header.array());
        chunk(png, "IDAT", deflate(filtered));
        chunk(png, "IEND", new byte[0]);
        return png.toByteArray();
    }

    /** The image as a {@code data:} address. */
    static String dataUri(byte[] pixels, int height, int width, int channels) {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(encode(pixels, height, width, channels));
    }

    private static byte[] deflate(byte[] data) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            deflater.setInput(data);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 14];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
        byte[] body = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.US_ASCII))
                .put(data)
                .array();
        CRC32 crc = new CRC32();
        crc.update(body);
        png.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        png.writeBytes(body);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
}
