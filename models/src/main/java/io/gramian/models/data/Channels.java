package io.gramian.models.data;

/** Images of a data set with another number of channels: grey as red, green and blue alike, or colours as their luma. */
public final class Channels implements ImageDataset {
    private final ImageDataset images;
    private final int channels;

    private Channels(ImageDataset images, int channels) {
        this.images = images;
        this.channels = channels;
    }

    /** The images with 1 or 3 channels: the same data set if it has them already. Closing it closes the data set. */
    public static ImageDataset of(ImageDataset images, int channels) {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("channels: expected 1 or 3, got " + channels);
        }
        return images.channels() == channels ? images : new Channels(images, channels);
    }

    @Override
    public String name() {
        return images.name();
    }

    @Override
    public int size() {
        return images.size();
    }

    @Override
    public int classes() {
        return images.classes();
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public String className(int classIndex) {
        return images.className(classIndex);
    }

    @Override
    public int label(int index) {
        return images.label(index);
    }

    @Override
    public Image image(int index) {
        Image image = images.image(index);
        byte[] from = image.pixels();
        int count = image.height() * image.width();
        byte[] to = new byte[count * channels];
        for (int i = 0; i < count; i++) {
            if (channels == 1) {
                // ITU-R 601 in 16 bits, as Pillow's convert("L")
                int luma =
                        19595 * (from[3 * i] & 255) + 38470 * (from[3 * i + 1] & 255) + 7471 * (from[3 * i + 2] & 255);
                to[i] = (byte) ((luma + 0x8000) >> 16);
            } else {
                to[3 * i] = from[i];
                to[3 * i + 1] = from[i];
                to[3 * i + 2] = from[i];
            }
        }
        return new Image(image.height(), image.width(), channels, to);
    }

    @Override
    public void close() {
        images.close();
    }
}
