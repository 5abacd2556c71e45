package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the loader decides and says; what it does, in processes of their own, is in the module of the tests. */
class NativeLibrariesTest {
    private static final Set<String> LEVEL_2 = Set.of("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3");

    private static Properties properties(String... pairs) {
        Properties properties = new Properties();
        properties.setProperty("user.home", "/h");
        properties.setProperty("user.name", "ada");
        properties.setProperty("java.io.tmpdir", "/t");
        for (int i = 0; i < pairs.length; i += 2) {
            properties.setProperty(pairs[i], pairs[i + 1]);
        }
        return properties;
    }

    private static String choose(Properties properties, Map<Path, String> faults) {
        return UnpackFolder.choose(properties, folder -> faults.getOrDefault(folder, ""), folder -> "");
    }

    @Test
    void theHomeFolderIsJavaCppsOwnChoice() {
        assertThat(choose(properties(), Map.of())).isNull();
    }

    @Test
    void ourPropertyComesFirstThenJavaCpps() {
        Properties both = properties(UnpackFolder.PROPERTY, "/ours", UnpackFolder.JAVACPP_PROPERTY, "/theirs");
        assertThat(choose(both, Map.of())).isEqualTo("/ours");
        assertThat(choose(properties(UnpackFolder.JAVACPP_PROPERTY, "/theirs"), Map.of()))
                .isNull();
    }

    @Test
    void aHomeThatCannotBeUsedIsPassedOver() {
        assertThat(choose(properties(), Map.of(Path.of("/h/.javacpp/cache"), "is mounted noexec")))
                .isEqualTo("/t/.javacpp-ada/cache");
    }

    @Test
    void aSharedFolderOfAnotherUserIsNotTrusted(@TempDir Path folder) {
        assertThat(UnpackFolder.foreign(folder)).isEmpty();
        assertThatThrownBy(() -> UnpackFolder.choose(
                        properties(),
                        tried -> tried.startsWith("/h") ? "is mounted noexec" : "",
                        tried -> "belongs to another user"))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("/t/.javacpp-ada/cache belongs to another user");
    }

    @Test
    void noFolderAtAllNamesEachThatWasTried() {
        Map<Path, String> faults = Map.of(
                Path.of("/h/.javacpp/cache"),
                "cannot be made (Read-only file system)",
                Path.of("/t/.javacpp-ada/cache"),
                "is mounted noexec");
        assertThatThrownBy(() -> choose(properties(), faults))
                .isInstanceOf(GramianException.class)
                .hasMessageContainingAll(
                        "/h/.javacpp/cache cannot be made (Read-only file system)",
                        "/t/.javacpp-ada/cache is mounted noexec",
                        "set -Dgramian.natives=DIR");
    }

    @Test
    void aFolderThatWasAskedForIsNotPassedOver() {
        for (String property : List.of(UnpackFolder.PROPERTY, UnpackFolder.JAVACPP_PROPERTY)) {
            assertThatThrownBy(() -> choose(properties(property, "/x"), Map.of(Path.of("/x"), "is mounted noexec")))
                    .isInstanceOf(GramianException.class)
                    .hasMessageContainingAll("-D" + property, "/x", "is mounted noexec");
        }
    }

    @Test
    void foldersAreTried(@TempDir Path folder) throws Exception {
        Path fresh = folder.resolve("a/b");
        assertThat(UnpackFolder.fault(fresh)).isEmpty();
        assertThat(Files.list(fresh)).isEmpty();
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(UnpackFolder.fault(file)).isEqualTo("cannot be made (a file has that name)");
        assertThat(UnpackFolder.fault(file.resolve("below"))).startsWith("cannot be made");
        assertThat(UnpackFolder.fault(Path.of("/proc/self"))).startsWith("cannot be written");
    }

    @Test
    void mountsAreReadAsTheKernelWritesThem() {
        List<String> table = List.of(
                "1 0 8:1 / / rw,relatime - ext4 /dev/a rw",
                "2 1 8:2 / /users rw,nosuid,noexec - ext4 /dev/b rw",
                "3 2 8:3 / /users/my\\040own rw - ext4 /dev/c rw",
                "4 1 8:4 / /over rw,noexec - ext4 /dev/d rw",
                "5 1 8:5 / /over rw - ext4 /dev/e rw",
                "short line");
        assertThat(MountTable.noexec(table, Path.of("/opt"))).isFalse();
        assertThat(MountTable.noexec(table, Path.of("/users/ada"))).isTrue();
        assertThat(MountTable.noexec(table, Path.of("/usersward"))).isFalse();
        assertThat(MountTable.noexec(table, Path.of("/users/my own/x"))).isFalse();
        assertThat(MountTable.noexec(table, Path.of("/over/x"))).isFalse();
    }

    @Test
    void oldGlibcIsNamedWithTheOneThatIsNeeded() {
        String found = Glibc.found();
        assertThat(found).matches("2\\.\\d+");
        String needed = Glibc.needed(List.of(
                "io/gramian/jni/linux-x86_64/libgramian_cpu.so", "io/gramian/jni/linux-x86_64/libjniCpuKernels.so"));
        assertThat(needed).matches("2\\.\\d+");
        // this machine built them, so it has what they need
        assertThat(Integer.parseInt(needed.substring(2))).isBetween(14, Integer.parseInt(found.substring(2)));
        assertThat(Glibc.needed(List.of("io/gramian/none.so"))).isEmpty();
        assertThat(Glibc.later("2.9", "2.31")).isEqualTo("2.31");
        assertThat(Glibc.later("2.4", "")).isEqualTo("2.4");

        UnsatisfiedLinkError linker =
                new UnsatisfiedLinkError("/c/libjniCpuKernels.so: libgramian_cpu.so: cannot open");
        linker.initCause(new UnsatisfiedLinkError(
                "/c/libgramian_cpu.so: /lib/libc.so.6: version `GLIBC_2.99' not found (required by"
                        + " libgramian_cpu.so)"));
        assertThat(NativeLibraries.reason(linker)).contains("needs glibc 2.99", "this machine has " + found);
    }

    @Test
    void linkerErrorsSayWhatToDo() {
        assertThat(NativeLibraries.reason(
                        new UnsatisfiedLinkError("version `GLIBCXX_3.4.30' not found (required by x)")))
                .contains("GLIBCXX_3.4.30", "libstdc++");
        assertThat(NativeLibraries.reason(
                        new UnsatisfiedLinkError("/n/a.so: failed to map segment from shared object")))
                .contains("/n/a.so", "-Dgramian.natives=DIR");
        assertThat(NativeLibraries.reason(new UnsatisfiedLinkError("no jniCpuKernels in java.library.path: /usr/lib")))
                .contains("class path", "linux-x86_64");
        assertThat(NativeLibraries.reason(new UnsatisfiedLinkError("libgomp.so.1: cannot open shared object file: No")))
                .contains("needs libgomp.so.1", "not unpacked from its jar", "-Dgramian.natives=DIR");
        assertThat(NativeLibraries.reason(new UnsatisfiedLinkError("libnone.so.7: cannot open shared object file: No")))
                .contains("needs libnone.so.7", "neither in a jar");
        UnsatisfiedLinkError other = new UnsatisfiedLinkError("first");
        other.initCause(new UnsatisfiedLinkError("second"));
        assertThat(NativeLibraries.reason(other)).isEqualTo("first; caused by: second");
    }

    @Test
    void otherMachinesAreNamed() {
        assertThat(NativeLibraries.machineFault("Linux", "amd64", LEVEL_2)).isEmpty();
        assertThat(NativeLibraries.machineFault("Linux", "amd64", Set.of())).isEmpty();
        assertThat(NativeLibraries.machineFault(
                        "Linux", "amd64", Set.of("ssse3", "cx16", "lahf_lm", "popcnt", "sse4_1")))
                .contains("x86-64-v2", "sse4_2");
        assertThat(NativeLibraries.machineFault("Mac OS X", "aarch64", Set.of()))
                .contains("Mac OS X on aarch64");
    }
}
