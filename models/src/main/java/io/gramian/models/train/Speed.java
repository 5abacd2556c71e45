package io.gramian.models.train;

/** Images a second, smoothed over the last steps: an exponential mean of the time of an image, without the start's bias. */
final class Speed {
    /** Weight of what was before: steps of the last few seconds count. */
    private static final double MEMORY = 0.9;

    private double seconds;
    private double weight;

    /** Adds a step and returns the smoothed speed. */
    double add(int images, long nanos) {
        seconds = MEMORY * seconds + (1 - MEMORY) * nanos / 1e9 / images;
        weight = MEMORY * weight + (1 - MEMORY);
        return weight / Math.max(seconds, 1e-12);
    }
}
