package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
    @TempDir
    private Path folder;

    @Test
    void aResumedFileReadsAsIfNeverStopped() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (Metrics metrics = Metrics.create(file)) {
            for (int step = 1; step <= 5; step++) {
                metrics.write(Metrics.line("step").put("step", step).put("loss", 1.0 / step));
            }
        }
        Files.writeString(file, "{\"type\":\"st", StandardOpenOption.APPEND);
        try (Metrics metrics = Metrics.resume(file, 3)) {
            metrics.write(Metrics.line("step").put("step", 4));
        }
        assertThat(Metrics.read(file))
                .extracting(line -> line.path("step").asInt())
                .containsExactly(1, 2, 3, 4);
    }

    @Test
    void aDamagedLineIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("metrics.jsonl"), "{}\nnot json\n");
        assertThatThrownBy(() -> Metrics.read(file))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("line 2: expected a JSON object");
    }

    @Test
    void aRunFolderBelongsToOneWriter() {
        Path run = folder.resolve("run");
        try (RunFolder first = RunFolder.createAt(run)) {
            assertThat(first.path()).isEqualTo(run);
            assertThatThrownBy(() -> RunFolder.createAt(run))
                    .hasMessageContaining("another process is writing the run");
            assertThatThrownBy(() -> RunFolder.open(run)).hasMessageContaining("has no config.yaml");
            assertThatThrownBy(() -> {
                        Files.writeString(first.config(), "");
                        RunFolder.lock(run).close();
                    })
                    .hasMessageContaining("another process is writing the run");
        }
        RunFolder.lock(run).close();
        try (RunFolder a = RunFolder.create(folder, "simclr", "idx:/tmp/A b");
                RunFolder b = RunFolder.create(folder, "simclr", "idx:/tmp/A b")) {
            assertThat(a.path()).isNotEqualTo(b.path());
            assertThat(a.path().getFileName().toString()).endsWith("-simclr-idx-tmp-a-b");
        }
    }
}
