package io.gramian.benchmarks.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PayloadTest {
    @TempDir
    private Path folder;

    @Test
    void whatWasPackedComesBackWithoutWhatNobodyReads() throws IOException {
        Path source = Files.createDirectories(folder.resolve("source/lib"));
        byte[] data = new byte[100_000];
        data[77] = 5;
        Files.write(source.resolve("data"), data);
        try (ZipOutputStream jar = new ZipOutputStream(Files.newOutputStream(source.resolve("some.jar")))) {
            for (String name : List.of(
                    "META-INF/MANIFEST.MF",
                    "org/x/",
                    "META-INF/native-image/x/jni-config.json",
                    "org/x/include/x.h",
                    "org/x/libjniopenblas.so",
                    "org/x/libopenblas.so.0")) {
                jar.putNextEntry(new ZipEntry(name));
                jar.write(name.endsWith("/") ? new byte[0] : name.getBytes(StandardCharsets.UTF_8));
                jar.closeEntry();
            }
        }
        Path file = folder.resolve("payload.xz");
        Payload.main(new String[] {"pack", folder.resolve("source").toString(), file.toString()});
        assertThat(Files.size(file)).isLessThan(2000);
        Path target = folder.resolve("target");
        Payload.main(new String[] {"unpack", file.toString(), target.toString()});
        assertThat(target.resolve("lib/data")).hasBinaryContent(data);
        try (ZipFile jar = new ZipFile(target.resolve("lib/some.jar").toFile())) {
            assertThat(jar.stream().map(ZipEntry::getName))
                    .containsExactly("META-INF/MANIFEST.MF", "org/x/", "org/x/libopenblas.so.0");
            assertThat(jar.getInputStream(jar.getEntry("org/x/libopenblas.so.0")))
                    .hasContent("org/x/libopenblas.so.0");
        }
        assertThatThrownBy(() -> Payload.unpack(file, target)).isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void theSameFolderGivesTheSameBytes() throws IOException {
        Path source = Files.createDirectories(folder.resolve("source"));
        Files.writeString(source.resolve("b"), "b");
        Files.writeString(source.resolve("a"), "a");
        Payload.pack(source, folder.resolve("first"));
        Payload.pack(source, folder.resolve("second"));
        assertThat(folder.resolve("first")).hasSameBinaryContentAs(folder.resolve("second"));
    }
}
