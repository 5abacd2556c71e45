package io.gramian.published;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Where the libraries are unpacked, and what is said where they do not load. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoadingTest {
    private static final String LIBRARY = "libjniCpuKernels.so";
    /** An empty one is none: the folders that nobody asked for are tried. */
    private static final String UNSET = "-Dgramian.natives=";

    private static final String PLATFORM = "io/gramian/jni/linux-x86_64";

    @TempDir
    private Path folder;

    private String expected = "";

    @BeforeAll
    void computeHere() {
        expected = new SmallLoss().call();
        assertThat(expected).matches("loss [0-9.]+ rank [0-9.]+");
    }

    @Test
    void thePropertyMovesTheLibraries() throws Exception {
        Path natives = folder.resolve("my natives");
        JavaProcess run = JavaProcess.ofClassPath(SmallLoss.class, "-Dgramian.natives=" + natives);
        assertThat(run.output()).contains(expected);
        assertThat(libraries(natives)).isNotEmpty();
    }

    @Test
    void theHomeIsWhereTheyGoByThemselves() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home"));
        JavaProcess run = JavaProcess.ofClassPath(SmallLoss.class, UNSET, "-Duser.home=" + home);
        assertThat(run.output()).contains(expected);
        assertThat(libraries(home.resolve(".javacpp/cache"))).isNotEmpty();
    }

    @Test
    void aHomeThatCannotBeWrittenIsPassedOver() throws Exception {
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        JavaProcess run = JavaProcess.ofClassPath(
                SmallLoss.class, UNSET, "-Duser.home=/proc", "-Djava.io.tmpdir=" + temporary, "-Duser.name=ada");
        assertThat(run.output()).contains(expected);
        assertThat(libraries(temporary.resolve(".javacpp-ada/cache"))).isNotEmpty();
    }

    @Test
    void nowhereToUnpackIsOneClearError() throws Exception {
        JavaProcess run = JavaProcess.ofClassPath(
                SmallLoss.class, UNSET, "-Duser.home=/proc", "-Djava.io.tmpdir=/proc", "-Duser.name=ada");
        assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
        assertThat(run.output())
                .contains(
                        "error: no folder for the native libraries", "/proc/.javacpp/cache", "/proc/.javacpp-ada/cache")
                .contains("set -Dgramian.natives=DIR")
                .doesNotContain("\tat ");
    }

    @Test
    void aMissingJarIsNamed() throws Exception {
        List<Path> jars = JavaProcess.classPath().stream()
                .filter(jar -> !jar.getFileName().toString().matches("gramian-native-.*linux-x86_64.*"))
                .toList();
        List<String> command = new ArrayList<>(JavaProcess.java(Path.of(System.getProperty("java.home"))));
        command.addAll(List.of("-cp", JavaProcess.joined(jars), SmallLoss.class.getName()));
        JavaProcess run = JavaProcess.run(command);
        assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
        assertThat(run.output())
                .contains("error: the CPU library does not load: its jar is not on the class path")
                .contains("gramian-native", "linux-x86_64");
    }

    @Test
    void aFolderMountedNoexecIsNamedOrPassedOver() throws Exception {
        Path mounted = Files.createDirectory(folder.resolve("mounted"));
        Path temporary = Files.createDirectory(folder.resolve("elsewhere"));
        List<String> mount = mount("noexec", mounted);
        assumeTrue(JavaProcess.run(inMount(mount, List.of("true"))).exitCode() == 0, "no rights to mount here");

        JavaProcess asked = run(mount, "-Dgramian.natives=" + mounted.resolve("natives"));
        assertThat(asked.exitCode()).as(asked.output()).isEqualTo(1);
        assertThat(asked.output())
                .contains("error: ", mounted + "/natives", "-Dgramian.natives", "is mounted noexec")
                .doesNotContain("\tat ");

        JavaProcess home = run(mount, UNSET, "-Duser.home=" + mounted, "-Djava.io.tmpdir=" + temporary);
        assertThat(home.output()).contains(expected);
        assertThat(libraries(temporary)).isNotEmpty();
    }

    @Test
    void aFullDiskIsNamed() throws Exception {
        Path mounted = Files.createDirectory(folder.resolve("small"));
        List<String> mount = mount("size=20m", mounted);
        assumeTrue(JavaProcess.run(inMount(mount, List.of("true"))).exitCode() == 0, "no rights to mount here");
        JavaProcess run = run(mount, "-Dgramian.natives=" + mounted);
        assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
        assertThat(run.output())
                .contains("error: ", "was not unpacked from its jar: is the disk full?", "-Dgramian.natives=DIR");
    }

    /** As a machine leaves it that lost power: JavaCPP looks at a file's length and time alone. */
    @Test
    void aDamagedLibraryIsNamedAndHalfOfOneUnpackedAgain() throws Exception {
        String natives = "-Dgramian.natives=" + folder.resolve("damaged");
        assertThat(JavaProcess.ofClassPath(SmallLoss.class, natives).output()).contains(expected);
        Path library = libraries(folder.resolve("damaged")).get(0).toRealPath();
        for (String name : List.of(LIBRARY, "libgramian_cpu.so")) {
            Path file = library.resolveSibling(name);
            byte[] whole = Files.readAllBytes(file);
            FileTime time = Files.getLastModifiedTime(file);
            Files.write(file, new byte[whole.length]);
            Files.setLastModifiedTime(file, time);
            JavaProcess run = JavaProcess.ofClassPath(SmallLoss.class, natives);
            assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
            assertThat(run.output())
                    .contains("error: the CPU library does not load: " + file + " is damaged", "delete it");

            Files.write(file, Arrays.copyOf(whole, whole.length / 2));
            assertThat(JavaProcess.ofClassPath(SmallLoss.class, natives).output())
                    .contains(expected);
        }
    }

    @Test
    void twoClassLoadersInOneJvmEachLoad() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (Path path : JavaProcess.classPath()) {
            urls.add(path.toUri().toURL());
        }
        ClassLoader platform = ClassLoader.getPlatformClassLoader();
        try (URLClassLoader first = new URLClassLoader(urls.toArray(URL[]::new), platform);
                URLClassLoader second = new URLClassLoader(urls.toArray(URL[]::new), platform)) {
            Callable<?> one = loss(first);
            Callable<?> two = loss(second);
            assertThat(one.getClass()).isNotSameAs(two.getClass()).isNotSameAs(SmallLoss.class);
            for (int turn = 0; turn < 2; turn++) {
                assertThat(one.call()).isEqualTo(expected);
                assertThat(two.call()).isEqualTo(expected);
            }
        }
        assertThat(new SmallLoss().call()).isEqualTo(expected);
    }

    /** Our own library, changed to ask for a glibc that nobody has: the dynamic linker refuses it as it would an old one. */
    @Test
    void anOldGlibcIsNamed() throws Exception {
        Path newer = folder.resolve("newer");
        Files.createDirectories(newer.resolve(PLATFORM));
        ClassLoader here = LoadingTest.class.getClassLoader();
        for (String name : List.of(LIBRARY, "libgramian_cpu.so")) {
            try (var stream = here.getResourceAsStream(PLATFORM + "/" + name)) {
                assertThat(stream).as(name).isNotNull();
                Files.write(newer.resolve(PLATFORM).resolve(name), asking(stream.readAllBytes()));
            }
        }
        List<String> command = new ArrayList<>(JavaProcess.java(Path.of(System.getProperty("java.home"))));
        command.add("-Dgramian.natives=" + folder.resolve("natives"));
        command.addAll(List.of("-cp", newer + ":" + System.getProperty("java.class.path")));
        command.add(SmallLoss.class.getName());
        JavaProcess run = JavaProcess.run(command);
        assertThat(run.exitCode()).as(run.output()).isEqualTo(1);
        assertThat(run.output())
                .containsPattern(
                        "error: the CPU library does not load: it needs glibc 2\\.99 or newer, and this machine"
                                + " has 2\\.\\d+; use a newer distribution");
    }

    /** Every GLIBC_2.14 renamed to GLIBC_2.99, in the string table and, by its hash, in the table of needed versions. */
    private static byte[] asking(byte[] library) {
        String text = new String(library, StandardCharsets.ISO_8859_1);
        String old = "GLIBC_2.14";
        String young = "GLIBC_2.99";
        assertThat(text).contains(old, hash(old));
        return text.replace(old + "\0", young + "\0")
                .replace(hash(old), hash(young))
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The hash of System V's ELF, little endian. */
    private static String hash(String name) {
        int h = 0;
        for (byte character : name.getBytes(StandardCharsets.US_ASCII)) {
            h = (h << 4) + character;
            int high = h & 0xf000_0000;
            h = (h ^ high >>> 24) & ~high;
        }
        byte[] bytes =
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(h).array();
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static Callable<?> loss(ClassLoader loader) throws ReflectiveOperationException {
        return (Callable<?>) loader.loadClass(SmallLoss.class.getName())
                .getDeclaredConstructor()
                .newInstance();
    }

    private static List<String> mount(String option, Path folder) {
        String script = "mount -t tmpfs -o " + option + " none \"$0\" && exec \"$@\"";
        return List.of("unshare", "-rm", "sh", "-c", script, "" + folder);
    }

    private static List<String> inMount(List<String> mount, List<String> command) {
        List<String> all = new ArrayList<>(mount);
        all.addAll(command);
        return all;
    }

    private static JavaProcess run(List<String> mount, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(JavaProcess.java(Path.of(System.getProperty("java.home"))));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SmallLoss.class.getName()));
        return JavaProcess.run(inMount(mount, command));
    }

    private static List<Path> libraries(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(file -> file.endsWith(LIBRARY)).toList();
        }
    }
}
