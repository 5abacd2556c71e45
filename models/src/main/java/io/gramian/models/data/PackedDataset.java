package io.gramian.models.data;

import io.gramian.Device;
import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Images of one size in one tensor. Owns the tensor. */
final class PackedDataset implements ImageDataset {
    private final String name;
    private final PackedPixels packed;
    private final int[] labels;
    private final List<String> classNames;

    /**
     * Takes the images over.
     *
     * @param pixels uint8 (n, height, width, channels), of no scope
     * @param labels one for each image, or none at all
     */
    PackedDataset(String name, Tensor pixels, int[] labels, List<String> classNames) {
        this.name = name;
        this.packed = new PackedPixels(pixels);
        this.labels = labels;
        this.classNames = List.copyOf(classNames);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return (int) packed.first().shape().size(0);
    }

    @Override
    public int classes() {
        return classNames.size();
    }

    @Override
    public int channels() {
        return (int) packed.first().shape().size(3);
    }

    @Override
    public String className(int classIndex) {
        return classNames.get(classIndex);
    }

    @Override
    public int label(int index) {
        return labels.length == 0 ? -1 : labels[index];
    }

    @Override
    public Image image(int index) {
        int height = (int) packed.first().shape().size(1);
        int width = (int) packed.first().shape().size(2);
        byte[] bytes = new byte[height * width * channels()];
        packed.first().getBytes((long) index * bytes.length, ByteBuffer.wrap(bytes));
        return new Image(height, width, channels(), bytes);
    }

    @Override
    public Optional<Tensor> pixels(Device device) {
        return Optional.of(packed.on(device));
    }

    @Override
    public void close() {
        packed.close();
    }
}
