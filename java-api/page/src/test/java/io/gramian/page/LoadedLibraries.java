package io.gramian.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The libraries that this process has loaded, for programs that are not Java's to link with. */
public final class LoadedLibraries {
    private LoadedLibraries() {}

    /** The file of a library, as in {@code libgramian_cpu.so}. */
    public static Path file(String name) throws IOException {
        List<Path> found = all().stream()
                .filter(path -> path.getFileName().toString().equals(name))
                .toList();
        assertThat(found).as(name + " among the files of this process").isNotEmpty();
        return found.get(0);
    }

    /** Folders of the libraries of the kernels and of what they need, as LD_LIBRARY_PATH has them. */
    public static String folders() throws IOException {
        return all().stream()
                .filter(path -> path.getFileName().toString().matches("lib(gramian_cpu|openblas|dnnl|gomp|gfortran).*"))
                .map(path -> path.getParent().toString())
                .distinct()
                .collect(Collectors.joining(":"));
    }

    private static List<Path> all() throws IOException {
        Device.cpu(); // loads them
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(".so"))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .distinct()
                    .toList();
        }
    }
}
