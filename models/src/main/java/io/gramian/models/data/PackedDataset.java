package io.gramian.models.data;

import io.gramian.Tensor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Images of one size in one tensor. Owns the tensor. */
final class PackedDataset implements ImageDataset {
    private final String name;
    private final Tensor pixels;
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
        this.pixels = pixels;
        this.labels = labels;
        this.classNames = List.copyOf(classNames);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return (int) pixels.shape().size(0);
    }

    @Override
    public int classes() {
        return classNames.size();
    }

    @Override
    public int channels() {
        return (int) pixels.shape().size(3);
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
        int height = (int) pixels.shape().size(1);
        int width = (int) pixels.shape().size(2);
        byte[] bytes = new byte[height * width * channels()];
        pixels.getBytes((long) index * bytes.length, ByteBuffer.wrap(bytes));
        return new Image(height, width, channels(), bytes);
    }

    @Override
    public Optional<Tensor> pixels() {
        return Optional.of(pixels);
    }

    @Override
    public void close() {
        pixels.close();
    }
}
