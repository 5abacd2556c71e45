package io.gramian.models.train;

import io.gramian.Tensor;
import io.gramian.models.data.Image;
import io.gramian.models.data.ImageDataset;
import java.util.Optional;

/** The first images of a data set. Closing it closes the whole. */
public final class LimitedDataset implements ImageDataset {
    private final ImageDataset whole;
    private final int size;
    private final Optional<Tensor> pixels;

    private LimitedDataset(ImageDataset whole, int size) {
        this.whole = whole;
        this.size = size;
        this.pixels = whole.pixels().map(all -> io.gramian.Scope.detach(all.rows(0, size)));
    }

    /** The first so many images, or all of them when 0 or more than there are. */
    public static ImageDataset of(ImageDataset whole, int limit) {
        return limit > 0 && limit < whole.size() ? new LimitedDataset(whole, limit) : whole;
    }

    @Override
    public String name() {
        return whole.name();
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int classes() {
        return whole.classes();
    }

    @Override
    public int channels() {
        return whole.channels();
    }

    @Override
    public String className(int classIndex) {
        return whole.className(classIndex);
    }

    @Override
    public int label(int index) {
        return whole.label(index);
    }

    @Override
    public Image image(int index) {
        if (index >= size) {
            throw new IndexOutOfBoundsException("image " + index + " of " + size);
        }
        return whole.image(index);
    }

    @Override
    public Optional<Tensor> pixels() {
        return pixels;
    }

    @Override
    public void close() {
        pixels.ifPresent(Tensor::close);
        whole.close();
    }
}
