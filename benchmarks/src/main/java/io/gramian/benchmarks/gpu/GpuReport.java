package io.gramian.benchmarks.gpu;

import io.gramian.benchmarks.report.GpuResults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Tables and plots of the results of GPUs that are kept in a folder; without any, a table that says so. */
final class GpuReport {
    private GpuReport() {}

    static void draw(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.filter(file -> file.getFileName().toString().matches("gpu.*\\.json"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString().replace(".json", "");
            GpuResults results = GpuResults.read(file);
            Files.writeString(folder.resolve(name + ".md"), results.table());
            results.plot(folder.resolve(name + ".png"));
        }
        if (files.isEmpty()) {
            Files.writeString(folder.resolve("gpu.md"), GpuResults.none().table());
        } else if (!Files.exists(folder.resolve("gpu.json"))) {
            Files.deleteIfExists(folder.resolve("gpu.md")); // that nothing was measured is no longer true
        }
    }
}
