package io.gramian.backend;

import io.gramian.GramianException;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Loads native libraries, and says in words why one does not load and what to do. */
final class NativeLibraries {
    private static final String FOLDER = "io/gramian/jni/linux-x86_64/";
    /** Of jars, where libraries are. */
    private static final List<String> FOLDERS =
            List.of(FOLDER, "org/bytedeco/openblas/linux-x86_64/", "org/bytedeco/dnnl/linux-x86_64/");

    private static final List<String> OURS =
            List.of(FOLDER + "libgramian_cpu.so", FOLDER + "libjniCpuKernels.so", FOLDER + "libjniSolverCall.so");
    /** Of x86-64-v2 what /proc/cpuinfo names; the rest of the level is older than 64 bits. */
    private static final Set<String> PROCESSOR = Set.of("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3");

    private static final Pattern VERSION = Pattern.compile("version [`']([A-Z]+)_([0-9.]+)' not found");
    private static final Pattern ABSENT = Pattern.compile("(lib[^ :/]+): cannot open shared object file");
    private static final Pattern DAMAGED = Pattern.compile("(/[^:]*): (?:invalid ELF header|file too short)");

    private NativeLibraries() {}

    /**
     * Runs what loads a library, with a folder to unpack it into.
     *
     * @param what the library, as a sentence's subject
     * @throws GramianException if the machine is not one that we have libraries for, there is no folder, or the library
     *     does not load
     */
    static <T> T load(String what, Supplier<T> loading) {
        String wrong = machineFault(System.getProperty("os.name", ""), System.getProperty("os.arch", ""), processor());
        if (!wrong.isEmpty()) {
            throw new GramianException(wrong);
        }
        UnpackFolder.choose();
        try {
            return loading.get();
        } catch (UnsatisfiedLinkError e) {
            throw new GramianException(what + " does not load: " + reason(e), e);
        }
    }

    /** Why the libraries cannot run on such a machine, in words; empty when they can. No flags: unknown, so tried. */
    static String machineFault(String system, String architecture, Set<String> flags) {
        if (!system.equals("Linux") || !architecture.equals("amd64")) {
            return "Gramian has libraries for Linux on x86-64, and this is " + system + " on " + architecture;
        }
        Set<String> missing = new TreeSet<>(PROCESSOR);
        missing.removeAll(flags);
        return flags.isEmpty() || missing.isEmpty()
                ? ""
                : "Gramian needs a processor of level x86-64-v2 (2009 and later); this one lacks "
                        + String.join(", ", missing);
    }

    /** A file of the class path or module path, whose folder's name is no package's, so that modules do not hide it. */
    static @Nullable URL resource(String name) {
        ClassLoader loader = NativeLibraries.class.getClassLoader();
        return loader == null ? ClassLoader.getSystemResource(name) : loader.getResource(name);
    }

    /** What the processor says it can do; nothing where the system does not tell. */
    private static Set<String> processor() {
        try (BufferedReader lines = Files.newBufferedReader(Path.of("/proc/cpuinfo"))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("flags")) {
                    return Set.copyOf(List.of(
                            line.substring(line.indexOf(':') + 1).strip().split("\\s+")));
                }
            }
        } catch (IOException e) {
            return Set.of();
        }
        return Set.of();
    }

    /**
     * An error in words: what the dynamic linker said, if we know it; else that the jar is missing; else all of it. JavaCPP
     * looks for a library on the machine when ours does not load, so the first error is the last of the causes.
     */
    static String reason(UnsatisfiedLinkError error) {
        List<String> messages = new ArrayList<>();
        for (Throwable e = error; e != null; e = e.getCause()) {
            messages.add(e.getMessage() == null ? e.toString() : e.getMessage());
        }
        for (String message : messages) {
            String known = known(message);
            if (!known.isEmpty()) {
                return known;
            }
        }
        String all = String.join("; caused by: ", messages);
        return messages.size() <= 2 && all.contains("in java.library.path")
                ? "its jar is not on the class path or module path (" + all
                        + "); gramian-native and the libraries it needs have one with classifier linux-x86_64 each"
                : all;
    }

    private static String known(String message) {
        Matcher version = VERSION.matcher(message);
        if (version.find()) {
            return older(version.group(1), version.group(2));
        }
        if (message.contains("failed to map segment")) {
            return "this system lets no library run from where it was unpacked (" + message + "); set -D"
                    + UnpackFolder.PROPERTY + "=DIR to a folder that is not mounted noexec";
        }
        Matcher damaged = DAMAGED.matcher(message);
        if (damaged.find()) {
            return damaged.group(1) + " is damaged (" + message + "); delete it, and it is unpacked again";
        }
        Matcher absent = ABSENT.matcher(message);
        return absent.find() ? absent(absent.group(1)) + " (" + message + ")" : "";
    }

    private static String absent(String library) {
        for (String folder : FOLDERS) {
            if (resource(folder + library) != null) {
                return "it needs " + library + ", which was not unpacked from its jar: is the disk full? Set -D"
                        + UnpackFolder.PROPERTY + "=DIR to a folder with 200 MB to spare";
            }
        }
        return "it needs " + library + ", which is neither in a jar of the class path nor on this machine";
    }

    private static String older(String library, String needed) {
        if (!library.equals("GLIBC")) {
            return "it needs symbols " + library + "_" + needed
                    + ", which this machine's libstdc++ or OpenMP runtime is too old for; use a newer distribution"
                    + " (Debian 12, Ubuntu 22.04, RHEL 9 or later), or build Gramian on this one";
        }
        return "it needs glibc " + Glibc.later(needed, Glibc.needed(OURS)) + " or newer, and this machine has "
                + Glibc.found() + "; use a newer distribution (Debian 12, Ubuntu 22.04, RHEL 9 or later), or build"
                + " Gramian on this one";
    }
}
