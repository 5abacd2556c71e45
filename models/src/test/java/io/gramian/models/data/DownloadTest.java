package io.gramian.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.gramian.GramianException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
    @TempDir
    Path folder;

    private final List<String> ranges = new ArrayList<>();
    private byte[] zipped = new byte[0];
    private String sha256 = "";
    private HttpServer server;

    @BeforeEach
    void serve() throws Exception {
        byte[] content = "sixty thousand images".repeat(50).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        }
        zipped = bytes.toByteArray();
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/data.gz", exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            ranges.add(String.valueOf(range));
            int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            exchange.sendResponseHeaders(range == null ? 200 : 206, zipped.length - from);
            exchange.getResponseBody().write(zipped, from, zipped.length - from);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Download.Item item(String path, String checksum) {
        String url = "http://localhost:" + server.getAddress().getPort() + path;
        return new Download.Item(url, "data.gz", checksum);
    }

    @Test
    void downloadsAndRenames() throws IOException {
        Path file = Download.fetch(item("/data.gz", sha256), folder.resolve("new"));
        assertThat(Files.readAllBytes(file)).isEqualTo(zipped);
        assertThat(file.resolveSibling("data.gz.part")).doesNotExist();
    }

    @Test
    void goesOnWhereItStopped() throws IOException {
        Files.write(folder.resolve("data.gz.part"), Arrays.copyOf(zipped, 10));
        assertThat(Files.readAllBytes(Download.fetch(item("/data.gz", sha256), folder)))
                .isEqualTo(zipped);
        assertThat(ranges).containsExactly("bytes=10-");
    }

    @Test
    void refusesAnotherContent() {
        assertThatThrownBy(() -> Download.fetch(item("/data.gz", "00"), folder))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected content with SHA-256 00, got " + sha256);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysThatTheServerHasNothing() {
        assertThatThrownBy(() -> Download.fetch(item("/none.gz", sha256), folder))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("the server answered 404; install the Debian package dataset-fashion-mnist");
    }

    @Test
    void saysThatThereIsNoServer() {
        Download.Item gone = item("/data.gz", sha256);
        server.stop(0);
        assertThatThrownBy(() -> Download.fetch(gone, folder))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("could not download " + gone.url());
    }
}
