package io.gramian.models.data;

import io.gramian.GramianException;
import io.gramian.Tensor;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * A data file read from front to end, gzip or plain. Every failure names the file. Sizes that a header claims are checked against
 * the file before anything is allocated.
 */
final class DataFile implements AutoCloseable {
    /** Deflate cannot shrink more: 258 bytes in 2 bits. */
    private static final long MOST_EXPANSION = 1032;

    private static final int PIECE = 1 << 20;

    private final Path path;
    private final InputStream stream;
    private final long fileBytes;
    private final boolean zipped;
    private long consumed;

    private DataFile(Path path, InputStream stream, long fileBytes, boolean zipped) {
        this.path = path;
        this.stream = stream;
        this.fileBytes = fileBytes;
        this.zipped = zipped;
    }

    static DataFile open(Path path) {
        try {
            long size = Files.size(path);
            InputStream file = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
            try {
                file.mark(2);
                boolean zipped = file.read() == 0x1f && file.read() == 0x8b;
                file.reset();
                return new DataFile(path, zipped ? new GZIPInputStream(file, 1 << 16) : file, size, zipped);
            } catch (IOException | RuntimeException failure) {
                file.close();
                throw failure;
            }
        } catch (NoSuchFileException missing) {
            throw new GramianException(path + ": expected a data file, but there is none; check the path", missing);
        } catch (IOException failure) {
            throw damaged(path, failure);
        }
    }

    /** Refuses a size that the rest of the file cannot have. */
    void expect(long bytes, String what) {
        long most = zipped ? Math.multiplyExact(MOST_EXPANSION, fileBytes) : fileBytes - consumed;
        boolean fits = zipped ? bytes <= most : bytes == most;
        if (!fits) {
            throw new GramianException(
                    path + ": expected " + bytes + " bytes for " + what + ", got " + (zipped ? "at most " : "") + most
                            + "; the file is damaged, cut off or of another kind; get it again");
        }
    }

    /** Reads this many bytes; small numbers only. */
    byte[] read(int count, String what) {
        try {
            byte[] bytes = stream.readNBytes(count);
            consumed += bytes.length;
            if (bytes.length < count) {
                throw cutOff(count, bytes.length, what);
            }
            return bytes;
        } catch (IOException failure) {
            throw damaged(path, failure);
        }
    }

    /** Fills bytes of a tensor. */
    void readInto(Tensor tensor, long offset, long count, String what) {
        byte[] piece = new byte[(int) Math.min(PIECE, count)];
        long at = 0;
        try {
            while (at < count) {
                int got = stream.readNBytes(piece, 0, (int) Math.min(piece.length, count - at));
                if (got == 0) {
                    throw cutOff(count, at, what);
                }
                tensor.putBytes(offset + at, ByteBuffer.wrap(piece, 0, got));
                at += got;
                consumed += got;
            }
        } catch (IOException failure) {
            throw damaged(path, failure);
        }
    }

    /** Refuses anything behind what was read. */
    void expectEnd() {
        try {
            if (stream.read() >= 0) {
                throw new GramianException(
                        path + ": expected " + consumed + " bytes, got more; the file is of another kind");
            }
        } catch (IOException failure) {
            throw damaged(path, failure);
        }
    }

    private GramianException cutOff(long expected, long got, String what) {
        return new GramianException(path + ": expected " + expected + " bytes of " + what + ", got " + got
                + "; the file is cut off; get it again");
    }

    private static GramianException damaged(Path path, IOException failure) {
        String reason = failure.getMessage() == null ? "it ends too early" : failure.getMessage();
        return new GramianException(path + ": could not be read: " + reason + "; get it again", failure);
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException failure) {
            throw damaged(path, failure);
        }
    }
}
