package io.gramian.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The files of the checkout, without what was built, generated or downloaded. */
final class SourceTree {
    private static final Set<String> SKIPPED = Set.of("target", ".git", ".gramian", ".idea", ".vscode", "runs", "data");

    private SourceTree() {}

    /** Root of the checkout. */
    static Path root() {
        return Path.of(System.getProperty("gramian.root", ".."))
                .toAbsolutePath()
                .normalize();
    }

    /** Files whose path, relative to the root and with slashes, fits. */
    static List<Path> files(Predicate<String> wanted) {
        List<Path> found = new ArrayList<>();
        Path root = root();
        SimpleFileVisitor<Path> visitor = new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                boolean skipped = !folder.equals(root)
                        && SKIPPED.contains(folder.getFileName().toString())
                        && !relative(folder).contains("/java/");
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && wanted.test(relative(file))) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        };
        try {
            Files.walkFileTree(root, visitor);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        found.sort(null);
        return found;
    }

    /** Java sources written by hand. */
    static List<Path> java(String sourceSet) {
        return files(path -> path.endsWith(".java") && path.contains("src/" + sourceSet + "/java/io/gramian/"));
    }

    /** C++ and CUDA sources. */
    static List<Path> cpp() {
        return files(path -> path.matches(".*\\.(cpp|h|cu|cuh)"));
    }

    /** Whatever a person wrote as text. */
    static List<Path> text() {
        return files(path ->
                path.matches(".*\\.(java|cpp|h|cu|cuh|cmake|xml|md|ya?ml|sh|py|txt|properties|html|css|js|svg|config)")
                        || path.matches("gramian|\\.ci/run|\\.gitignore"));
    }

    /** Path below the root, with slashes. */
    static String relative(Path file) {
        return root().relativize(file).toString().replace('\\', '/');
    }

    /** Lines of a UTF-8 file. */
    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(relative(file), e);
        }
    }
}
