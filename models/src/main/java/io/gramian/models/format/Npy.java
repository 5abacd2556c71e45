package io.gramian.models.format;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * NumPy's {@code .npy} files (format versions 1 to 3) of float32, float64, int32, int64 and uint8, little-endian, in C order.
 * Source: NumPy Enhancement Proposal 1 and the documentation of {@code numpy.lib.format}.
 */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** NumPy itself refuses longer headers unless asked. */
    private static final int MAX_HEADER = 10_000;

    private Npy() {}

    /**
     * Reads a whole file into a new tensor.
     *
     * @throws GramianException if the file is missing, damaged, of another type or order, or shorter or longer than its
     *     shape says
     */
    public static Tensor read(Device device, Path path) {
        if (Files.isDirectory(path)) {
            throw new GramianException(path + ": expected an .npy file, got a folder; name the file in it");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return read(device, path, channel);
        } catch (NoSuchFileException missing) {
            throw new GramianException(path + ": expected an .npy file, but there is none; check the path", missing);
        } catch (IOException failure) {
            throw new GramianException(path + ": could not be read: " + failure.getMessage(), failure);
        }
    }

    private static Tensor read(Device device, Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        ByteBuffer start = ByteBuffer.allocate((int) Math.min(12, size)).order(ByteOrder.LITTLE_ENDIAN);
        TensorChannel.readFully(channel, 0, start);
        start.flip();
        for (byte expected : MAGIC) {
            if (!start.hasRemaining() || start.get() != expected) {
                throw new GramianException(
                        path + ": expected an .npy file, which starts with \\x93NUMPY; save it with numpy.save");
            }
        }
        int version = start.remaining() < 2 ? -1 : start.get();
        boolean known = version >= 1 && version <= 3 && start.get() == 0;
        int lengthBytes = version == 1 ? 2 : 4;
        if (!known || start.remaining() < lengthBytes) {
            throw new GramianException(path + ": expected .npy version 1.0, 2.0 or 3.0, got "
                    + (version < 0 ? "a file that ends before it" : "version byte " + version));
        }
        long headerLength = version == 1 ? start.getShort() & 0xffff : start.getInt() & 0xffffffffL;
        int headerAt = 8 + lengthBytes;
        if (headerLength > MAX_HEADER || headerLength > size - headerAt) {
            throw new GramianException(path + ": expected a header of at most " + Math.min(MAX_HEADER, size - headerAt)
                    + " bytes, got a length of " + headerLength + "; the file is damaged or cut off");
        }
        ByteBuffer text = ByteBuffer.allocate((int) headerLength);
        TensorChannel.readFully(channel, headerAt, text);
        NpyHeader header = NpyHeader.parse(
                path, new String(text.array(), version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
        long dataAt = headerAt + headerLength;
        header.checkBytes(path, size - dataAt);
        Tensor tensor = Tensor.empty(device, header.dtype(), header.sizes());
        if (!TensorChannel.read(channel, dataAt, tensor)) {
            tensor.close();
            throw new GramianException(path + ": became shorter while it was read");
        }
        return tensor;
    }

    /**
     * Writes a tensor as version 1.0, through a temporary file.
     *
     * @throws GramianException if it cannot be written; an old file is then unchanged
     */
    public static void write(Path path, Tensor tensor) {
        AtomicFile.write(path, channel -> {
            AtomicFile.writeFully(channel, header(tensor));
            TensorChannel.write(channel, tensor);
        });
    }

    private static ByteBuffer header(Tensor tensor) {
        StringBuilder shape = new StringBuilder("(");
        long[] sizes = tensor.shape().toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            shape.append(axis == 0 ? "" : " ")
                    .append(sizes[axis])
                    .append(axis + 1 < sizes.length || axis == 0 ? "," : "");
        }
        String text = "{'descr': '" + descr(tensor.dtype()) + "', 'fortran_order': False, 'shape': " + shape + "), }";
        // the data starts at a multiple of 64, the header ends in a newline
        int length = (10 + text.length() + 1 + 63) / 64 * 64 - 10;
        ByteBuffer bytes = ByteBuffer.allocate(10 + length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) length);
        bytes.put((text + " ".repeat(length - text.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return bytes.flip();
    }

    private static String descr(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> "<f4";
            case FLOAT64 -> "<f8";
            case BFLOAT16 ->
                throw new IllegalArgumentException(
                        "expected a type that NumPy has, got BFLOAT16; write FLOAT32, into which it converts exactly");
            case INT32 -> "<i4";
            case INT64 -> "<i8";
            case UINT8 -> "|u1";
        };
    }
}
