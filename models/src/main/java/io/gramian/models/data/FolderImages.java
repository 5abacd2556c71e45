package io.gramian.models.data;

import io.gramian.GramianException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Every image file below a folder, in the order of their paths, without classes.
 *
 * @param images the images, decoded when asked for
 * @param files where they lie, in the same order
 */
public record FolderImages(ImageDataset images, List<Path> files) {
    /** Copies the list. */
    public FolderImages {
        files = List.copyOf(files);
    }

    /**
     * Finds the images and looks at the start of each file.
     *
     * @throws GramianException if there is no folder, no image in it, or a file that is none
     */
    public static FolderImages open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new GramianException(folder + ": expected a folder of images, but there is none; check the path");
        }
        ImageFolder all = ImageFolder.whole(folder);
        return new FolderImages(all, all.files());
    }
}
