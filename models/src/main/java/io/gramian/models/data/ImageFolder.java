package io.gramian.models.data;

import io.gramian.GramianException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Images in a folder: one subfolder for each class, or all beside each other without classes. Files are decoded when asked for;
 * the last decoded ones are kept, up to a number of bytes.
 */
final class ImageFolder implements ImageDataset {
    private static final long CACHE_BYTES = 256L << 20;
    private static final int SHOWN = 3;
    /** Without a test folder, every tenth image is kept for tests. */
    private static final int TEST_EVERY = 10;

    private final String name;
    private final List<Path> files;
    private final int[] labels;
    private final List<String> classNames;

    // guarded by itself
    private final Map<Integer, Image> cache = new LinkedHashMap<>(16, 0.75f, true);
    private long cachedBytes;

    private ImageFolder(String name, List<Path> files, int[] labels, List<String> classNames) {
        this.name = name;
        this.files = files;
        this.labels = labels;
        this.classNames = classNames;
    }

    /** The part of a folder for training, or for tests: its subfolder, or nine tenths and one tenth of the images. */
    static ImageFolder open(Path folder, boolean train) {
        if (!Files.isDirectory(folder)) {
            throw new GramianException(folder + ": expected a folder of images, but there is none; check the path");
        }
        Path trainFolder = folder.resolve("train");
        List<Path> testFolders = List.of(folder.resolve("test"), folder.resolve("val"));
        boolean split = Files.isDirectory(trainFolder) && testFolders.stream().anyMatch(Files::isDirectory);
        if (split) {
            Path part = train
                    ? trainFolder
                    : testFolders.stream()
                            .filter(Files::isDirectory)
                            .findFirst()
                            .orElseThrow();
            // classes are those of the training folder, so that numbers agree
            return scan(folder.getFileName() + (train ? "/train" : "/test"), part, classNames(trainFolder));
        }
        ImageFolder all = scan(folder.getFileName() + (train ? "/train" : "/test"), folder, classNames(folder));
        return all.size() < TEST_EVERY ? all : all.everyTenth(!train);
    }

    /** Every image below a folder, without classes. */
    static ImageFolder whole(Path folder) {
        return scan(String.valueOf(folder.getFileName()), folder, List.of());
    }

    /** Where the images lie, in their order. */
    List<Path> files() {
        return List.copyOf(files);
    }

    private ImageFolder everyTenth(boolean kept) {
        List<Path> chosen = new ArrayList<>();
        List<Integer> chosenLabels = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            if ((i % TEST_EVERY == TEST_EVERY - 1) == kept) {
                chosen.add(files.get(i));
                chosenLabels.add(labels[i]);
            }
        }
        return new ImageFolder(
                name, chosen, chosenLabels.stream().mapToInt(Integer::intValue).toArray(), classNames);
    }

    /** Names of the subfolders that hold images; none if images lie in the folder itself. */
    private static List<String> classNames(Path folder) {
        if (list(folder).stream().anyMatch(ImageFile::named)) {
            return List.of();
        }
        return list(folder).stream()
                .filter(path -> Files.isDirectory(path) && !images(path).isEmpty())
                .map(path -> path.getFileName().toString())
                .toList();
    }

    private static ImageFolder scan(String name, Path folder, List<String> classNames) {
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        if (classNames.isEmpty()) {
            files.addAll(images(folder));
            files.forEach(file -> labels.add(-1));
        }
        for (int label = 0; label < classNames.size(); label++) {
            Path classFolder = folder.resolve(classNames.get(label));
            List<Path> images = Files.isDirectory(classFolder) ? images(classFolder) : List.of();
            files.addAll(images);
            for (int i = 0; i < images.size(); i++) {
                labels.add(label);
            }
        }
        if (files.isEmpty()) {
            throw new GramianException(
                    folder + ": expected JPEG, PNG or BMP files, in one subfolder for each class or in the"
                            + " folder itself, got none; check the path");
        }
        refuseUnreadable(folder, files);
        return new ImageFolder(
                name, files, labels.stream().mapToInt(Integer::intValue).toArray(), classNames);
    }

    private static void refuseUnreadable(Path folder, List<Path> files) {
        List<String> defects = files.parallelStream()
                .map(file -> {
                    String defect = ImageFile.defect(file);
                    return defect == null ? "" : folder.relativize(file) + " (" + defect + ")";
                })
                .filter(text -> !text.isEmpty())
                .toList();
        if (!defects.isEmpty()) {
            throw new GramianException(
                    folder + ": " + defects.size() + " of " + files.size() + " images cannot be read: "
                            + String.join(", ", defects.subList(0, Math.min(SHOWN, defects.size())))
                            + (defects.size() > SHOWN ? " and others" : "") + "; remove or replace them");
        }
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException failure) {
            throw new GramianException(folder + ": could not be listed: " + failure.getMessage(), failure);
        }
    }

    private static List<Path> images(Path folder) {
        try (Stream<Path> entries = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return entries.filter(path -> ImageFile.named(path) && Files.isRegularFile(path))
                    .sorted()
                    .toList();
        } catch (IOException | java.io.UncheckedIOException failure) {
            throw new GramianException(folder + ": could not be listed: " + failure.getMessage(), failure);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    public int classes() {
        return classNames.size();
    }

    @Override
    public int channels() {
        return 3;
    }

    @Override
    public String className(int classIndex) {
        return classNames.get(classIndex);
    }

    @Override
    public int label(int index) {
        return labels[index];
    }

    @Override
    public Image image(int index) {
        synchronized (cache) {
            Image cached = cache.get(index);
            if (cached != null) {
                return cached;
            }
        }
        // outside the lock: threads decode beside each other
        Image image = ImageFile.decode(files.get(index));
        synchronized (cache) {
            if (image.pixels().length <= CACHE_BYTES / 8 && cache.put(index, image) == null) {
                cachedBytes += image.pixels().length;
                Iterator<Image> oldest = cache.values().iterator();
                while (cachedBytes > CACHE_BYTES) {
                    cachedBytes -= oldest.next().pixels().length;
                    oldest.remove();
                }
            }
        }
        return image;
    }

    @Override
    public void close() {
        synchronized (cache) {
            cache.clear();
            cachedBytes = 0;
        }
    }
}
