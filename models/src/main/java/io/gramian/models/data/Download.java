package io.gramian.models.data;

import io.gramian.GramianException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Downloads with a known content: to a {@code .part} file that a later try goes on with, checked, then renamed. A file under its
 * own name is therefore whole and right.
 */
final class Download {
    private static final Logger LOG = LoggerFactory.getLogger(Download.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /**
     * A gzip file on a server.
     *
     * @param sha256 of the unzipped content, in hexadecimal: the same however it was zipped
     */
    record Item(String url, String file, String sha256) {}

    private Download() {}

    /** Where downloads are kept: {@code $XDG_CACHE_HOME/gramian/NAME}, by default below {@code ~/.cache}. */
    static Path cache(String name) {
        String home = System.getenv("XDG_CACHE_HOME");
        Path base = home == null || home.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(home);
        return base.resolve("gramian").resolve(name);
    }

    /**
     * Downloads a file into a folder.
     *
     * @throws GramianException if there is no network, no such file, or another content
     */
    static Path fetch(Item item, Path folder) {
        Path target = folder.resolve(item.file());
        Path part = folder.resolve(item.file() + ".part");
        try {
            Files.createDirectories(folder);
            LOG.info("downloading {}", item.url());
            transfer(item, part);
            String actual = sha256OfContent(part);
            if (!actual.equals(item.sha256())) {
                Files.delete(part);
                throw new GramianException(item.url() + ": expected content with SHA-256 " + item.sha256() + ", got "
                        + actual + "; the download was removed, try again or give the files with --data-dir");
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return target;
        } catch (IOException failure) {
            throw unreachable(item, failure);
        } catch (InterruptedException interruption) {
            Thread.currentThread().interrupt();
            throw unreachable(item, interruption);
        }
    }

    private static void transfer(Item item, Path part) throws IOException, InterruptedException {
        long have = Files.exists(part) ? Files.size(part) : 0;
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(TIMEOUT)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(item.url())).timeout(TIMEOUT);
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
        }
        HttpResponse<InputStream> response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        int status = response.statusCode();
        try (InputStream body = response.body()) {
            if (status == 416) {
                // nothing is left to send: what is there is checked next
                return;
            }
            if (status != 200 && status != 206) {
                throw new IOException("the server answered " + status);
            }
            boolean goesOn = status == 206;
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.truncate(goesOn ? have : 0);
                channel.position(goesOn ? have : 0);
                body.transferTo(java.nio.channels.Channels.newOutputStream(channel));
                channel.force(true);
            }
        }
    }

    private static String sha256OfContent(Path zipped) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
        byte[] piece = new byte[1 << 16];
        try (InputStream content = new GZIPInputStream(Files.newInputStream(zipped), piece.length)) {
            for (int count = content.read(piece); count >= 0; count = content.read(piece)) {
                digest.update(piece, 0, count);
            }
        } catch (java.io.EOFException | java.util.zip.ZipException damaged) {
            return "none (" + damaged.getMessage() + ")";
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static GramianException unreachable(Item item, Exception failure) {
        String reason = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new GramianException(
                "could not download " + item.url() + ": " + reason + "; install the Debian package"
                        + " dataset-fashion-mnist, or give a folder with the files by --data-dir",
                failure);
    }
}
