package io.gramian.models.data;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** Some images of a data set, in their order. Closing it closes the whole. */
public final class Subset implements ImageDataset {
    private final ImageDataset whole;
    private final int[] indices;
    private final Optional<PackedPixels> packed;

    private Subset(ImageDataset whole, int[] indices) {
        this.whole = whole;
        this.indices = indices;
        this.packed = whole.pixels(Device.cpu()).map(all -> new PackedPixels(gather(all, indices)));
    }

    /** The first so many images, or all of them when 0 or more than there are. */
    public static ImageDataset first(ImageDataset whole, int limit) {
        return limit > 0 && limit < whole.size()
                ? new Subset(whole, IntStream.range(0, limit).toArray())
                : whole;
    }

    /**
     * So many images spread evenly over the set: of a set that is sorted by class, as many of each.
     *
     * @throws IllegalArgumentException unless at least one image is left on either side
     */
    static Subset heldOut(ImageDataset whole, int count) {
        return new Subset(whole, indices(whole, count, true));
    }

    /** All images but those of {@link #heldOut}. */
    static Subset rest(ImageDataset whole, int count) {
        return new Subset(whole, indices(whole, count, false));
    }

    private static int[] indices(ImageDataset whole, int count, boolean held) {
        long n = whole.size();
        if (count < 1 || count >= n) {
            String name = whole.name();
            whole.close();
            throw new IllegalArgumentException("validation: expected fewer images than the " + n + " of " + name
                    + " and at least 1, got " + count);
        }
        // image i is held out where floor(i count / n) steps up
        return IntStream.range(0, (int) n)
                .filter(i -> ((i + 1L) * count / n > i * (long) count / n) == held)
                .toArray();
    }

    private static Tensor gather(Tensor all, int[] indices) {
        long[] shape = all.shape().toArray();
        shape[0] = indices.length;
        Tensor some = Scope.detach(Tensor.empty(all.device(), all.dtype(), shape));
        for (int from = 0; from < indices.length; ) {
            int to = from + 1;
            while (to < indices.length && indices[to] == indices[to - 1] + 1) {
                to++;
            }
            try (Scope scope = Scope.open()) {
                some.rows(from, to).copyFrom(all.rows(indices[from], indices[to - 1] + 1L));
            }
            from = to;
        }
        return some;
    }

    @Override
    public String name() {
        return whole.name();
    }

    @Override
    public int size() {
        return indices.length;
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
        return whole.label(indices[Objects.checkIndex(index, indices.length)]);
    }

    @Override
    public Image image(int index) {
        return whole.image(indices[Objects.checkIndex(index, indices.length)]);
    }

    @Override
    public Optional<Tensor> pixels(Device device) {
        return packed.map(pixels -> pixels.on(device));
    }

    @Override
    public void close() {
        packed.ifPresent(PackedPixels::close);
        whole.close();
    }
}
