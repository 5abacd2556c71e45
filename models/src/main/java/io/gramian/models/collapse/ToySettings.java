package io.gramian.models.collapse;

import io.gramian.backend.Check;

/**
 * How the experiments on Gaussian points train.
 *
 * @param dimensions of points and embeddings; half of them are augmented in the first experiment
 * @param points number of points
 * @param batch points a step
 * @param temperature of the one-way, unnormalised InfoNCE
 * @param steps of each run
 * @param snapshots measurements after the one at step 0, evenly spaced
 * @param seed of everything random
 */
public record ToySettings(
        int dimensions, int points, int batch, float temperature, int steps, int snapshots, long seed) {
    /** Checks the ranges. */
    public ToySettings {
        Check.atLeast("dimensions", dimensions, 2);
        Check.atLeast("batch", batch, 2);
        Check.atLeast("points", points, batch);
        Check.temperature(temperature);
        Check.atLeast("steps", steps, 1);
        Check.atLeast("snapshots", snapshots, 1);
    }

    /** The authors' 16 dimensions, 10,000 points, batches of 128 and temperature 0.1; fewer steps than their 10,000. */
    public static ToySettings quick(long seed) {
        return new ToySettings(16, 10_000, 128, 0.1f, 4_000, 80, seed);
    }

    /** With another temperature. */
    ToySettings withTemperature(float other) {
        return new ToySettings(dimensions, points, batch, other, steps, snapshots, seed);
    }
}
