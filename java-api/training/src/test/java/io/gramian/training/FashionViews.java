package io.gramian.training;

import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import java.util.Random;

/** Pairs of views of real images, 784 floats each: shifted by up to 3 pixels, of another brightness. The same for a step. */
final class FashionViews {
    /** Features of a view. */
    static final int PIXELS = 784;

    private static final int SIDE = 28;
    private static final int SHIFT = 3;

    private final byte[][] images;

    FashionViews(int count) {
        images = new byte[count][];
        try (ImageDataset data = DatasetSpec.parse("fashion-mnist", null).test()) {
            for (int i = 0; i < count; i++) {
                images[i] = data.image(i).pixels();
            }
        }
    }

    /** Both views (n, 784) of the images of a step. */
    float[][] batch(long step, int n) {
        float[][] views = new float[2][n * PIXELS];
        Random random = new Random(1000 + step);
        for (int i = 0; i < n; i++) {
            byte[] image = images[(int) ((step * n + i) % images.length)];
            for (float[] view : views) {
                draw(image, random, view, i * PIXELS);
            }
        }
        return views;
    }

    private static void draw(byte[] image, Random random, float[] view, int at) {
        int down = random.nextInt(2 * SHIFT + 1) - SHIFT;
        int right = random.nextInt(2 * SHIFT + 1) - SHIFT;
        float light = 0.6f + 0.8f * random.nextFloat();
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int row = y + down;
                int column = x + right;
                boolean inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
                int pixel = inside ? image[row * SIDE + column] & 255 : 0;
                view[at + y * SIDE + x] = light * pixel / 255f - 0.28f;
            }
        }
    }
}
