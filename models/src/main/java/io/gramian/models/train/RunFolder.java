package io.gramian.models.train;

import io.gramian.GramianException;
import io.gramian.models.config.ConfigException;
import io.gramian.models.format.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run. A new run never takes an existing folder, and a folder is written by one process at a time: the
 * lock is the operating system's, so it is gone when the process is.
 */
public final class RunFolder implements AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
    private static final String LOCK = ".lock";

    private final Path path;
    private final @Nullable FileChannel lockFile;

    private RunFolder(Path path, @Nullable FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /**
     * Makes {@code <date>-<method>-<data>} under a folder of runs, with a number behind it if the name is taken, and locks it.
     *
     * @throws GramianException if it cannot be made
     */
    public static RunFolder create(Path runs, String method, String data) {
        String words = data.toLowerCase(java.util.Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        String name = LocalDateTime.now().format(TIME) + "-" + method + "-"
                + (words.length() > 40 ? words.substring(words.length() - 40) : words);
        for (int attempt = 1; attempt < 10_000; attempt++) {
            Path path = runs.resolve(attempt == 1 ? name : name + "-" + attempt);
            try {
                Files.createDirectories(runs);
                Files.createDirectory(path);
                return locked(path);
            } catch (FileAlreadyExistsException taken) {
                if (!Files.isDirectory(runs)) {
                    throw new GramianException(
                            "cannot make a run folder: " + runs + " is a file, expected a folder", taken);
                }
            } catch (IOException e) {
                throw cannotMake(path, e);
            }
        }
        throw new GramianException("cannot make a run folder: 10,000 names such as " + name + " are taken in " + runs);
    }

    /**
     * Makes exactly this folder, which must not exist or be empty (but for what a process that was killed as it began has
     * left), and locks it.
     *
     * @throws ConfigException if there is something in it
     */
    public static RunFolder createAt(Path path) {
        try {
            Files.createDirectories(path);
            try (var entries = Files.list(path)) {
                if (entries.anyMatch(entry -> !entry.toString().endsWith(".tmp") && !entry.endsWith(LOCK))) {
                    throw new ConfigException("run folder " + path
                            + " is not empty; name another one, or go on with it: gramian resume " + path);
                }
            }
            return locked(path);
        } catch (IOException e) {
            throw cannotMake(path, e);
        }
    }

    private static GramianException cannotMake(Path path, IOException failure) {
        return new GramianException(
                "cannot make the run folder " + path + ": " + AtomicFile.reason(failure)
                        + "; choose another place with --out or --runs",
                failure);
    }

    /** Opens an existing run to go on with it, locks it, and removes what a killed process left half-written. */
    public static RunFolder lock(Path path) {
        RunFolder folder = locked(open(path).path);
        try {
            removeTemporary(path);
            removeTemporary(path.resolve("checkpoints"));
            return folder;
        } catch (IOException e) {
            folder.close();
            throw new GramianException("cannot clean the run folder " + path + ": " + e.getMessage(), e);
        }
    }

    private static void removeTemporary(Path inside) throws IOException {
        if (Files.isDirectory(inside)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(inside, "*.tmp")) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
        }
    }

    /**
     * Opens an existing run to read it.
     *
     * @throws GramianException if it is not a run
     */
    public static RunFolder open(Path path) {
        if (!Files.isDirectory(path)) {
            throw new GramianException(
                    "there is no run folder " + path + "; runs lie in ./runs unless --runs said otherwise");
        }
        if (!Files.isRegularFile(path.resolve("config.yaml"))) {
            throw new GramianException(
                    path + " is not a run: it has no config.yaml; give a folder that gramian pretrain made");
        }
        return new RunFolder(path, null);
    }

    private static RunFolder locked(Path path) {
        Path file = path.resolve(LOCK);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new RunFolder(path, channel);
            }
            channel.close();
        } catch (OverlappingFileLockException e) {
            close(channel);
        } catch (IOException e) {
            close(channel);
            throw new GramianException("cannot lock the run folder " + path + ": " + e.getMessage(), e);
        }
        throw new GramianException("another process is writing the run " + path + "; wait for it or stop it first");
    }

    private static void close(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new GramianException("cannot release a lock: " + e.getMessage(), e);
            }
        }
    }

    /** The folder. */
    public Path path() {
        return path;
    }

    /** The resolved configuration. */
    public Path config() {
        return path.resolve("config.yaml");
    }

    /** One JSON object a line. */
    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    /** Weights and full training state of the last checkpoint. */
    public Path checkpoint() {
        return path.resolve("checkpoints").resolve("last.safetensors");
    }

    /** Weights at the end of training. */
    public Path model() {
        return path.resolve("model.safetensors");
    }

    /** Releases the lock. */
    @Override
    public void close() {
        close(lockFile);
    }
}
