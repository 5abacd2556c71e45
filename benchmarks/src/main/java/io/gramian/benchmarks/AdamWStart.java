package io.gramian.benchmarks;

/** Parameters and gradients that both sides of the AdamW comparison start with. */
public final class AdamWStart {
    /** Updates whose sum is compared: from the second on, the moments of the first matter. */
    public static final int STEPS = 3;

    private AdamWStart() {}

    /** A parameter. */
    public static float[] values(int tensor, int elements) {
        return Inputs.gaussian(2L * tensor, elements, 0, 1);
    }

    /**
     * Its gradient, the same in every step. None is near 0: DJL adds eps before the bias correction (Kingma and Ba 2015, the
     * end of section 2), which is another number only where a gradient is as small as eps.
     */
    public static float[] gradients(int tensor, int elements) {
        float[] values = Inputs.gaussian(2L * tensor + 1, elements, 0, 0.01);
        for (int i = 0; i < elements; i++) {
            values[i] += Math.copySign(0.005f, values[i]);
        }
        return values;
    }
}
