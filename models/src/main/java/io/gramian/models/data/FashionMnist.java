package io.gramian.models.data;

import io.gramian.GramianException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Fashion-MNIST (Xiao et al. 2017): 60,000 + 10,000 grey images of 28 x 28 in 10 classes, as four IDX files. They come from
 * {@code --data-dir}, from the Debian package {@code dataset-fashion-mnist}, from the cache, or from the network.
 */
final class FashionMnist {
    private static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");
    private static final String NAME = "fashion-mnist";
    private static final List<String> CLASSES = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    /** The four files in order: training images and labels, test images and labels; SHA-256 of the unzipped content. */
    private static final List<Download.Item> ITEMS = List.of(
            item("train-images-idx3-ubyte", "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            item("train-labels-idx1-ubyte", "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            item("t10k-images-idx3-ubyte", "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            item("t10k-labels-idx1-ubyte", "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"));

    private FashionMnist() {}

    private static Download.Item item(String file, String sha256) {
        return new Download.Item(
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/" + file + ".gz",
                file + ".gz",
                sha256);
    }

    static DatasetSpec spec(@Nullable Path dataDir) {
        return new DatasetSpec(
                NAME,
                28,
                // of the 60,000 training images
                List.of(0.2860),
                List.of(0.3530),
                Optional::empty,
                () -> open(dataDir, 0, "train"),
                () -> open(dataDir, 2, "test"));
    }

    private static ImageDataset open(@Nullable Path dataDir, int first, String part) {
        Path images = locate(dataDir, ITEMS.get(first));
        Path labels = locate(dataDir, ITEMS.get(first + 1));
        ImageDataset data = Idx.read(NAME + "/" + part, images, labels, CLASSES);
        Image image = data.image(0);
        if (image.height() != 28 || image.width() != 28 || image.channels() != 1) {
            data.close();
            throw new GramianException(images + ": expected grey images of 28 x 28, got " + image.height() + " x "
                    + image.width() + " x " + image.channels() + "; the file belongs to another data set");
        }
        return data;
    }

    private static Path locate(@Nullable Path dataDir, Download.Item item) {
        List<Path> folders = new ArrayList<>();
        if (dataDir != null) {
            folders.add(dataDir);
            folders.add(dataDir.resolve(NAME));
        } else {
            folders.add(DEBIAN);
            folders.add(Download.cache(NAME));
        }
        String plain = item.file().substring(0, item.file().length() - 3);
        for (Path folder : folders) {
            for (String file : List.of(item.file(), plain)) {
                if (Files.isRegularFile(folder.resolve(file))) {
                    return folder.resolve(file);
                }
            }
        }
        if (dataDir != null) {
            throw new GramianException(
                    dataDir + ": expected " + item.file() + " or " + plain + " of Fashion-MNIST, got neither;"
                            + " check --data-dir, or leave it out to use the Debian package dataset-fashion-mnist or a download");
        }
        return Download.fetch(item, Download.cache(NAME));
    }
}
