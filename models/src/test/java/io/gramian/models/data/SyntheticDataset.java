package io.gramian.models.data;

import io.gramian.GramianException;
import java.util.Random;

/** Images of different sizes, made from their index; one of them may be unreadable. */
class SyntheticDataset implements ImageDataset {
    private final int size;
    private final int channels;
    private final int broken;

    SyntheticDataset(int size, int channels, int broken) {
        this.size = size;
        this.channels = channels;
        this.broken = broken;
    }

    @Override
    public String name() {
        return "synthetic";
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int classes() {
        return 2;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public String className(int classIndex) {
        return Integer.toString(classIndex);
    }

    @Override
    public int label(int index) {
        return index % 2;
    }

    @Override
    public Image image(int index) {
        if (index == broken) {
            throw new GramianException("image " + index + " is damaged");
        }
        Random random = new Random(index);
        int height = 5 + random.nextInt(20);
        int width = 5 + random.nextInt(20);
        byte[] pixels = new byte[height * width * channels];
        random.nextBytes(pixels);
        return new Image(height, width, channels, pixels);
    }
}
