package io.gramian.benchmarks;

/** Weights and images that both sides of the training step start with, and its numbers. */
public final class StepStart {
    /** Temperature of NT-Xent. */
    public static final float TEMPERATURE = 0.5f;

    /** Learning rate of SGD. */
    public static final float RATE = 1e-3f;

    /** Momentum of SGD. */
    public static final float MOMENTUM = 0.9f;

    /** Weight decay of SGD, for every parameter. */
    public static final float DECAY = 1e-4f;

    private StepStart() {}

    /** A batch (batch, size, size, 3). */
    public static float[] pixels(int batch, int size) {
        return Inputs.gaussian(1, batch * size * size * 3, 0, 1);
    }

    /** Weights (out, h, w, in) of a convolution, as He's; the index is that of the parameter in the order of the network. */
    public static float[] convolution(int index, long out, long h, long w, long in) {
        int count = Math.toIntExact(out * h * w * in);
        return Inputs.gaussian(100 + index, count, 0, Math.sqrt(2.0 / (out * h * w)));
    }

    /** Factors of a normalisation, around 1. */
    public static float[] factors(int index, int count) {
        return Inputs.gaussian(100 + index, count, 1, 0.1);
    }

    /** Offsets of a normalisation, around 0. */
    public static float[] offsets(int index, int count) {
        return Inputs.gaussian(100 + index, count, 0, 0.1);
    }
}
