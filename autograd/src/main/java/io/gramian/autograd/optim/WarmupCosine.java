package io.gramian.autograd.optim;

import io.gramian.backend.Check;

/**
 * Linear from 0 to {@code peak} over the warm-up, then half a cosine to {@code end} at step {@code total}: what
 * Barlow Twins,
 * VICReg (end = peak / 1000) and MoCo v3 (end = 0) do. Step 0 has rate 0 when there is a warm-up.
 *
 * @param peak value at the end of the warm-up
 * @param warmup steps of the warm-up, below total
 * @param total steps in all
 * @param end value at step total and after
 */
public record WarmupCosine(double peak, long warmup, long total, double end) implements Schedule {
    /** Checks the ranges. */
    public WarmupCosine {
        Check.nonNegative("peak", peak);
        Check.nonNegative("end", end);
        Check.atLeast("warmup", warmup, 0);
        Check.atLeast("total", total, warmup + 1);
    }

    @Override
    public double at(long step) {
        if (step < warmup) {
            return peak * step / warmup;
        }
        double done = Math.min(1, (double) (step - warmup) / (total - warmup));
        double share = 0.5 * (1 + Math.cos(Math.PI * done));
        return peak * share + end * (1 - share);
    }
}
