package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The same program on every Java from 17 on that is installed here. */
class JavaVersionsTest {
    private static final Path INSTALLED = Path.of("/usr/lib/jvm");
    private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+)");
    /** From here on Java warns of native code that nobody allowed. */
    private static final int ASKS_FOR_NATIVE_ACCESS = 24;

    @Test
    void everyInstalledJavaRunsIt() throws Exception {
        String expected = new SmallLoss().call();
        Map<Integer, Path> homes = homes();
        assertThat(homes)
                .as("the Java of this test")
                .containsKey(Runtime.version().feature());
        for (Map.Entry<Integer, Path> home : homes.entrySet()) {
            boolean asks = home.getKey() >= ASKS_FOR_NATIVE_ACCESS;
            JavaProcess run = run(home.getValue(), asks ? List.of("--enable-native-access=ALL-UNNAMED") : List.of());
            assertThat(run.exitCode()).as("Java " + home + ": " + run.output()).isZero();
            assertThat(run.output()).as("Java " + home).contains(expected).doesNotContain("WARNING");
        }
    }

    private static JavaProcess run(Path home, List<String> options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(JavaProcess.java(home));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SmallLoss.class.getName()));
        return JavaProcess.run(command);
    }

    private static Map<Integer, Path> homes() throws IOException {
        Map<Integer, Path> homes = new TreeMap<>();
        homes.put(Runtime.version().feature(), Path.of(System.getProperty("java.home")));
        if (!Files.isDirectory(INSTALLED)) {
            return homes;
        }
        try (Stream<Path> folders = Files.list(INSTALLED)) {
            for (Path folder : folders.filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .filter(home -> Files.isReadable(home.resolve("release")))
                    .toList()) {
                Matcher version = VERSION.matcher(Files.readString(folder.resolve("release")));
                if (version.find() && Integer.parseInt(version.group(1)) >= 17) {
                    homes.putIfAbsent(Integer.parseInt(version.group(1)), folder);
                }
            }
        }
        return homes;
    }
}
