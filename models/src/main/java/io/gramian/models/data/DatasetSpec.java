package io.gramian.models.data;

import io.gramian.backend.Check;
import io.gramian.models.augment.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A data set that can be opened: its parts, and what training should know beforehand. Opening reads the files. */
public final class DatasetSpec {
    /** What {@link #parse} understands. */
    public static final String FORMS =
            "fashion-mnist, cifar10, cifar100, stl10, folder:PATH, idx:IMAGES,LABELS[,TEST_IMAGES,TEST_LABELS]";

    private final String name;
    private final int viewSize;
    private final List<Double> mean;
    private final List<Double> std;
    private final Supplier<Optional<ImageDataset>> unlabelled;
    private final Supplier<ImageDataset> train;
    private final Supplier<ImageDataset> test;

    DatasetSpec(
            String name,
            int viewSize,
            List<Double> mean,
            List<Double> std,
            Supplier<Optional<ImageDataset>> unlabelled,
            Supplier<ImageDataset> train,
            Supplier<ImageDataset> test) {
        this.name = name;
        this.viewSize = viewSize;
        this.mean = List.copyOf(mean);
        this.std = List.copyOf(std);
        this.unlabelled = unlabelled;
        this.train = train;
        this.test = test;
    }

    /**
     * Understands a data set as a user names it.
     *
     * @param text one of {@link #FORMS}
     * @param dataDir where its files are; null for the usual places
     * @throws IllegalArgumentException if it is none of them
     * @throws io.gramian.GramianException if files are missing
     */
    public static DatasetSpec parse(String text, @Nullable Path dataDir) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        boolean needsRest = kind.equals("folder") || kind.equals("idx");
        if (needsRest == rest.isEmpty()) {
            throw unknown(text);
        }
        return switch (kind) {
            case "fashion-mnist" -> FashionMnist.spec(dataDir);
            case "cifar10" ->
                cifar(Cifar.TEN, dataDir, List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616));
            case "cifar100" ->
                cifar(Cifar.HUNDRED, dataDir, List.of(0.5071, 0.4865, 0.4409), List.of(0.2673, 0.2564, 0.2762));
            case "stl10" -> stl10(needed(text, dataDir));
            case "folder" -> folder(Path.of(rest));
            case "idx" -> idx(text, rest.split(",", -1));
            default -> throw unknown(text);
        };
    }

    private static Path needed(String name, @Nullable Path dataDir) {
        return dataDir == null ? Download.cache(name) : dataDir;
    }

    private static DatasetSpec cifar(Cifar cifar, @Nullable Path dataDir, List<Double> mean, List<Double> std) {
        Path folder = needed(cifar.name(), dataDir);
        Supplier<ImageDataset> train = () -> cifar.open(folder, true);
        return new DatasetSpec(cifar.name(), 32, mean, std, Optional::empty, train, () -> cifar.open(folder, false));
    }

    private static DatasetSpec stl10(Path dataDir) {
        Supplier<ImageDataset> train = () -> {
            Path folder = Stl10.folder(dataDir);
            return Stl10.open("stl10/train", folder.resolve("train_X.bin"), folder.resolve("train_y.bin"));
        };
        Supplier<ImageDataset> test = () -> {
            Path folder = Stl10.folder(dataDir);
            return Stl10.open("stl10/test", folder.resolve("test_X.bin"), folder.resolve("test_y.bin"));
        };
        Supplier<Optional<ImageDataset>> unlabelled = () -> {
            Path file = Stl10.folder(dataDir).resolve("unlabeled_X.bin");
            return Files.isRegularFile(file)
                    ? Optional.of(Stl10.open("stl10/unlabeled", file, null))
                    : Optional.empty();
        };
        List<Double> mean = List.of(0.4467, 0.4398, 0.4066);
        return new DatasetSpec("stl10", 96, mean, List.of(0.2603, 0.2566, 0.2713), unlabelled, train, test);
    }

    private static DatasetSpec folder(Path folder) {
        Supplier<ImageDataset> train = () -> ImageFolder.open(folder, true);
        // of ImageNet, as everybody does for photographs
        List<Double> mean = List.of(0.485, 0.456, 0.406);
        List<Double> std = List.of(0.229, 0.224, 0.225);
        return new DatasetSpec("folder", 224, mean, std, Optional::empty, train, () -> ImageFolder.open(folder, false));
    }

    private static DatasetSpec idx(String text, String[] paths) {
        if (paths.length != 2 && paths.length != 4) {
            throw unknown(text);
        }
        Supplier<ImageDataset> train = () -> Idx.read(text + "/train", Path.of(paths[0]), Path.of(paths[1]), List.of());
        int at = paths.length - 2;
        Supplier<ImageDataset> test =
                () -> Idx.read(text + "/test", Path.of(paths[at]), Path.of(paths[at + 1]), List.of());
        return new DatasetSpec("idx", 28, List.of(0.5), List.of(0.25), Optional::empty, train, test);
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("data: expected one of " + FORMS + ", got " + text);
    }

    /** Short name, as in {@code fashion-mnist}. */
    public String name() {
        return name;
    }

    /** Usual side of a view, in pixels. */
    public int viewSize() {
        return viewSize;
    }

    /** Mean of each channel over the training images, in [0, 1]. */
    public List<Double> mean() {
        return mean;
    }

    /** Standard deviation of each channel over the training images. */
    public List<Double> std() {
        return std;
    }

    /** A recipe with the statistics of this data set. */
    public Recipe normalised(Recipe recipe) {
        return recipe.withStatistics(mean, std);
    }

    /** Opens the images for self-supervised training: the training set, or the unlabelled images where there are any. */
    public ImageDataset pretrain() {
        return unlabelled.get().orElseGet(train);
    }

    /**
     * The same data set whose test images are so many of its training images, spread evenly; training does not see them.
     * For choosing settings without looking at the test set.
     *
     * @param count images to hold out; 0 for the data set as it is
     */
    public DatasetSpec withValidation(int count) {
        Check.atLeast("validation", count, 0);
        return count == 0
                ? this
                : new DatasetSpec(
                        name,
                        viewSize,
                        mean,
                        std,
                        unlabelled,
                        () -> Subset.rest(train.get(), count),
                        () -> Subset.heldOut(train.get(), count));
    }

    /** Opens the labelled training set. */
    public ImageDataset train() {
        return train.get();
    }

    /** Opens the test set. */
    public ImageDataset test() {
        return test.get();
    }
}
