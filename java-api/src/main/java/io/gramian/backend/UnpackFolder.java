package io.gramian.backend;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the native libraries are unpacked from their jars: the folder that {@code -Dgramian.natives} names, else JavaCPP's
 * ({@code -Dorg.bytedeco.javacpp.cachedir}), else {@code .javacpp/cache} in the home folder, else a folder of this user's in
 * the one for temporary files. A folder that was asked for and cannot be used is an error; of the other two, the first that
 * can be written and is not mounted noexec.
 */
final class UnpackFolder {
    static final String PROPERTY = "gramian.natives";
    static final String JAVACPP_PROPERTY = "org.bytedeco.javacpp.cachedir";
    private static final String ADVICE =
            "; set -D" + PROPERTY + "=DIR to a folder that can be written and is not mounted noexec";

    private UnpackFolder() {}

    /** Chooses, and tells JavaCPP, which unpacks. */
    static void choose() {
        Properties properties = System.getProperties();
        String chosen = choose(properties, UnpackFolder::fault, UnpackFolder::foreign);
        if (chosen != null) {
            properties.setProperty(JAVACPP_PROPERTY, chosen);
        }
    }

    /**
     * The folder to give JavaCPP, or null where its own choice is right.
     *
     * @param fault why a folder cannot be used, in words; empty when it can
     * @param foreign the same of one whose parent everybody may write to
     * @throws GramianException if no folder can be used, with each that was tried and why
     */
    static @Nullable String choose(
            Properties properties, Function<Path, String> fault, Function<Path, String> foreign) {
        for (String property : List.of(PROPERTY, JAVACPP_PROPERTY)) {
            String wanted = properties.getProperty(property, "");
            if (!wanted.isEmpty()) {
                String why = fault.apply(Path.of(wanted));
                if (!why.isEmpty()) {
                    throw new GramianException("the native libraries cannot be unpacked into " + wanted + ", which -D"
                            + property + " names: it " + why + ADVICE);
                }
                return property.equals(PROPERTY) ? wanted : null;
            }
        }
        Path home = Path.of(properties.getProperty("user.home", "/"), ".javacpp", "cache");
        Path temporary = Path.of(
                properties.getProperty("java.io.tmpdir", "/tmp"),
                ".javacpp-" + properties.getProperty("user.name", "unknown"),
                "cache");
        List<String> tried = new ArrayList<>();
        for (Path folder : List.of(home, temporary)) {
            String why = fault.apply(folder);
            if (why.isEmpty() && folder.equals(temporary)) {
                why = foreign.apply(folder);
            }
            if (why.isEmpty()) {
                return folder.equals(home) ? null : folder.toString();
            }
            tried.add(folder + " " + why);
        }
        throw new GramianException("no folder for the native libraries: " + String.join("; ", tried) + ADVICE);
    }

    /** Why libraries cannot be unpacked here and loaded, in words; empty when they can. Makes the folder. */
    static String fault(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            return "cannot be made (" + reason(e) + ")";
        }
        try {
            Files.delete(Files.createTempFile(folder, ".gramian", null));
        } catch (IOException e) {
            return "cannot be written (" + reason(e) + ")";
        }
        return MountTable.noexec(folder) ? "is mounted noexec" : "";
    }

    /** Whether somebody else made the folder, who could then put other libraries there: in words, or empty. */
    static String foreign(Path folder) {
        try {
            Path probe = Files.createTempFile(folder, ".gramian", null);
            try {
                return Files.getOwner(probe).equals(Files.getOwner(folder)) ? "" : "belongs to another user";
            } finally {
                Files.delete(probe);
            }
        } catch (IOException e) {
            return "cannot be written (" + reason(e) + ")";
        }
    }

    private static String reason(IOException e) {
        if (e instanceof FileAlreadyExistsException) {
            return "a file has that name";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
