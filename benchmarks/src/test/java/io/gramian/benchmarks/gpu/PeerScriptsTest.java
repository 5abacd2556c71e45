package io.gramian.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gramian.benchmarks.report.GpuRow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts that measure PyTorch: every peer of the table is in them, and they compile. */
class PeerScriptsTest {
    private static final Path PEERS = Path.of("peers").toAbsolutePath();

    private static List<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.list(PEERS)) {
            return files.filter(file -> file.toString().endsWith(".py"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void everyPeerOfTheTableHasItsFunction() throws IOException {
        String run = Files.readString(PEERS.resolve("run.py"));
        for (GpuRow row : GpuRow.ALL) {
            if (!row.kernel().equals("step")) { // whose peers differ by the end of their names
                assertThat(run).contains("\"" + row.kernel() + "\": {");
                String ours = run.substring(run.indexOf("\"" + row.kernel() + "\": {"));
                String mine = ours.substring(0, ours.indexOf('}'));
                assertThat(row.peers()).allSatisfy(peer -> assertThat(mine).contains("\"" + peer + "\":"));
            }
        }
    }

    @Test
    void theScriptsCompile(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(path -> Files.isExecutable(Path.of(path, "python3"))),
                "no python3 here: the scripts of the peers were not compiled");
        assertThat(scripts()).hasSizeGreaterThan(4);
        for (Path script : scripts()) {
            Path copy = Files.copy(script, folder.resolve(script.getFileName()));
            Process process = new ProcessBuilder("python3", "-W", "error", "-m", "py_compile", copy.toString())
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isZero();
        }
    }
}
