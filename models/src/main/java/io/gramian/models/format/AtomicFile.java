package io.gramian.models.format;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Replaces files whole: the new content goes to a temporary file in the same folder, is forced to the disk, and takes the
 * name in one step. Whoever looks sees the old file or the new one; after a failure (a full disk, an exception, a kill)
 * the old one is still whole.
 */
public final class AtomicFile {
    private static final AtomicLong COUNTER = new AtomicLong();

    private AtomicFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to the channel, from its start. */
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes a file through a temporary one; its folder is made if need be.
     *
     * @throws GramianException if it cannot be written; the temporary file is then removed and the old file unchanged
     */
    public static void write(Path path, Content content) {
        write(path, content, true);
    }

    /**
     * Makes sure that a file can be written, before the work that makes its content; its folder is made if need be, and an old
     * file stays as it is.
     *
     * @throws GramianException if it cannot be written
     */
    public static void check(Path path) {
        write(path, channel -> {}, false);
    }

    private static void write(Path path, Content content, boolean keep) {
        Path target = path.toAbsolutePath();
        Path folder = target.getParent();
        Path name = target.getFileName();
        if (folder == null || name == null) {
            throw new GramianException("could not write " + path + ": it is not the name of a file");
        }
        Path temporary =
                folder.resolve(name + "." + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet() + ".tmp");
        try {
            Files.createDirectories(folder);
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            if (keep) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                force(folder);
            }
        } catch (IOException failure) {
            throw new GramianException(
                    "could not write " + path + ": " + reason(failure) + "; what was there before is unchanged",
                    failure);
        } finally {
            removeQuietly(temporary);
        }
    }

    /** Writes a text file in UTF-8, as {@link #write} does. */
    public static void writeString(Path path, CharSequence text) {
        write(path, channel -> writeFully(channel, StandardCharsets.UTF_8.encode(text.toString())));
    }

    /** Writes all remaining bytes of a buffer. */
    static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Makes the rename itself survive a power failure. */
    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void removeQuietly(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException alreadyFailing) {
            // the failure that brought us here is the one to report
            temporary.toFile().deleteOnExit();
        }
    }

    /** Why a file or folder could not be made, in words: Java's messages are often just the path. */
    public static String reason(IOException failure) {
        if (failure instanceof FileAlreadyExistsException taken) {
            return taken.getFile() + " is a file, expected a folder";
        }
        if (failure instanceof NoSuchFileException missing) {
            return missing.getFile() + " does not exist and cannot be made";
        }
        if (failure instanceof AccessDeniedException denied) {
            return "no permission for " + denied.getFile();
        }
        String message = failure instanceof FileSystemException known ? known.getReason() : failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
