package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** What is in our jars: nothing of the machine that built them, and in those of the libraries nothing but libraries. */
class JarsTest {
    private static final String ROOT = Path.of(System.getProperty("gramian.root", ".."))
            .toAbsolutePath()
            .normalize()
            .toString();

    /** Those of the class path whose file's name is such. */
    static List<Path> jars(String pattern) {
        return JavaProcess.classPath().stream()
                .filter(jar -> jar.getFileName().toString().matches(pattern))
                .toList();
    }

    @Test
    void nothingTellsWhereAndWhenTheyWereBuilt() throws IOException {
        List<Path> ours = jars("gramian-(native|java-api|autograd|models|cuda-kernels)-(?!.*-simt).*\\.jar");
        assertThat(ours).hasSizeGreaterThanOrEqualTo(6);
        List<String> found = new ArrayList<>();
        for (Path path : ours) {
            try (JarFile jar = new JarFile(path.toFile())) {
                for (JarEntry entry : jar.stream().toList()) {
                    if (!entry.getTimeLocal().equals(LocalDateTime.of(2026, 1, 1, 0, 0))) {
                        found.add(path.getFileName() + ": " + entry + " of " + entry.getTimeLocal());
                    }
                    String text = new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
                    if (text.contains(ROOT + "/")) {
                        found.add(path.getFileName() + ": " + entry + " names " + ROOT);
                    }
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void theJarsOfLibrariesHoldLibraries() throws IOException {
        List<Path> natives = jars("gramian-(native|cuda-kernels)-[0-9.]+-linux-x86_64\\.jar");
        assertThat(natives).hasSize(2);
        for (Path path : natives) {
            try (JarFile jar = new JarFile(path.toFile())) {
                assertThat(jar.stream().map(JarEntry::getName).filter(name -> !name.endsWith("/")))
                        .as(path.toString())
                        .contains("module-info.class")
                        .allMatch(name -> name.matches("module-info\\.class|META-INF/MANIFEST\\.MF"
                                + "|META-INF/native-image/.*\\.json"
                                + "|io/gramian/jni/linux-x86_64/lib(gramian|jni)\\w+\\.so"));
            }
        }
    }

    @Test
    void theCommandLinesJarStartsAndMayCallNativeCode() throws IOException {
        for (Path path : jars("gramian-models-[0-9.]+\\.jar")) {
            try (JarFile jar = new JarFile(path.toFile())) {
                Attributes manifest = jar.getManifest().getMainAttributes();
                assertThat(manifest.getValue("Main-Class")).isEqualTo("io.gramian.models.cli.Main");
                assertThat(manifest.getValue("Enable-Native-Access")).isEqualTo("ALL-UNNAMED");
                assertThat(manifest.getValue("Class-Path")).contains("gramian-native-", "javacpp-", "picocli-");
            }
        }
    }
}
