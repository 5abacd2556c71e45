package io.gramian.models.collapse;

import io.gramian.backend.Check;
import java.util.List;

/**
 * How the experiment on images trains and measures.
 *
 * @param trainImages training images to use, at most
 * @param testImages test images to use, at most
 * @param batch images a step
 * @param steps of each training
 * @param width channels of the first stage of the residual network
 * @param blocks residual blocks of each stage
 * @param temperature of the symmetric, normalised InfoNCE
 * @param learningRate peak, of SGD with momentum 0.9
 * @param directShare share of the representation that DirectCLR's loss sees, in (0, 1]
 * @param measurements after the one at step 0, evenly spaced
 * @param seed of everything random
 */
public record ImageSettings(
        int trainImages,
        int testImages,
        int batch,
        int steps,
        int width,
        List<Integer> blocks,
        float temperature,
        double learningRate,
        double directShare,
        int measurements,
        long seed) {
    /** Checks the ranges. */
    public ImageSettings {
        Check.atLeast("trainImages", trainImages, batch);
        Check.atLeast("testImages", testImages, 2);
        Check.atLeast("batch", batch, 2);
        Check.atLeast("steps", steps, 1);
        Check.temperature(temperature);
        Check.positive("learningRate", learningRate);
        if (!(directShare > 0 && directShare <= 1)) {
            throw new IllegalArgumentException("directShare: expected above 0 and at most 1, got " + directShare);
        }
        Check.atLeast("measurements", measurements, 1);
        blocks = List.copyOf(blocks);
    }

    /** Sized for some twenty seconds a training on two cores. */
    public static ImageSettings small(long seed) {
        return new ImageSettings(20_000, 2_000, 256, 150, 16, List.of(1, 1, 1, 1), 0.1f, 0.06, 0.25, 6, seed);
    }
}
