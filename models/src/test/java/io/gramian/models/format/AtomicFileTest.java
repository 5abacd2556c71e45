package io.gramian.models.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    @Test
    void replacesTheFileAndMakesItsFolder() throws IOException {
        Path file = folder.resolve("a/b/c.txt");
        AtomicFile.writeString(file, "one");
        AtomicFile.writeString(file, "two \u00fc");
        assertThat(file).hasContent("two \u00fc");
        assertThat(names(file.getParent())).containsExactly("c.txt");
    }

    @Test
    void aFullDiskLeavesTheOldFileWhole() throws IOException {
        Path file = folder.resolve("d.txt");
        AtomicFile.writeString(file, "old");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(GramianException.class)
                .hasMessage(
                        "could not write " + file + ": No space left on device; what was there before is unchanged");
        assertThat(file).hasContent("old");
        assertThat(names(folder)).containsExactly("d.txt");
    }

    @Test
    void whetherAFileCanBeWrittenIsKnownBeforehand() throws IOException {
        Path file = folder.resolve("new/f.txt");
        AtomicFile.check(file);
        assertThat(names(file.getParent())).isEmpty();
        AtomicFile.writeString(file, "old");
        AtomicFile.check(file);
        assertThat(file).hasContent("old");
        assertThatThrownBy(() -> AtomicFile.check(file.resolve("g.txt")))
                .isInstanceOf(GramianException.class)
                .hasMessageStartingWith(
                        "could not write " + file + "/g.txt: " + file + " is a file, expected a folder");
        assertThat(names(file.getParent())).containsExactly("f.txt");
    }

    @Test
    void anExceptionOfTheWriterPassesAndLeavesNothing() throws IOException {
        Path file = folder.resolve("e.txt");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
                    throw new IllegalStateException("stop");
                }))
                .hasMessage("stop");
        assertThat(names(folder)).isEmpty();
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }
}
