package io.gramian.backend;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The C library: what this process runs on, and what our libraries were linked against. For messages. */
final class Glibc {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Pattern LIBRARY = Pattern.compile("(/\\S*/(?:libc\\.so\\.6|libc-2\\.\\d+\\.so))$");
    private static final Pattern MUSL = Pattern.compile("/(?:ld-musl|libc\\.musl)[^/]*$");
    /** Every glibc carries this sentence, printed when the library is run as a program. */
    private static final Pattern RELEASE = Pattern.compile("release version (\\d+\\.\\d+)");
    /** Names of symbol versions in a library's dynamic string table. */
    private static final Pattern SYMBOL_VERSION = Pattern.compile("GLIBC_(\\d{1,3}\\.\\d{1,3})");

    private Glibc() {}

    /** Version of this process's glibc, as {@code 2.36}; {@code musl} for that library, {@code unknown} for another. */
    static String found() {
        try {
            for (String line : Files.readAllLines(MAPS)) {
                Matcher library = LIBRARY.matcher(line);
                if (library.find()) {
                    byte[] bytes = Files.readAllBytes(Path.of(library.group(1)));
                    Matcher release = RELEASE.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
                    return release.find() ? release.group(1) : "unknown";
                }
                if (MUSL.matcher(line).find()) {
                    return "musl";
                }
            }
        } catch (IOException e) {
            return "unknown";
        }
        return "unknown";
    }

    /** The newest glibc that libraries of the class path need, as {@code 2.34}; empty when none is there. */
    static String needed(List<String> resources) {
        String newest = "";
        for (String resource : resources) {
            Matcher versions = SYMBOL_VERSION.matcher(text(resource));
            while (versions.find()) {
                newest = later(newest, versions.group(1));
            }
        }
        return newest;
    }

    /** The later of two versions; an empty one is the earliest. */
    static String later(String a, String b) {
        return order(a) >= order(b) ? a : b;
    }

    private static long order(String version) {
        String[] numbers = version.split("\\.");
        return version.isEmpty() ? 0 : Long.parseLong(numbers[0]) * 1000 + Long.parseLong(numbers[1]);
    }

    private static String text(String resource) {
        URL url = NativeLibraries.resource(resource);
        if (url == null) {
            return "";
        }
        try (InputStream library = url.openStream()) {
            return new String(library.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
