package io.gramian.autograd.optim;

import io.gramian.backend.Check;

/**
 * The schedule of lightly's {@code CosineWarmupScheduler}: {@code peak (step + 1) / warmup}, then half a cosine from
 * peak to end
 * that reaches the end one step before the last.
 *
 * @param peak value at the end of the warm-up
 * @param warmup steps of the warm-up
 * @param total steps in all
 * @param end last value
 */
public record LightlyWarmupCosine(double peak, long warmup, long total, double end) implements Schedule {
    /** Checks the ranges. */
    public LightlyWarmupCosine {
        Check.nonNegative("peak", peak);
        Check.nonNegative("end", end);
        Check.atLeast("warmup", warmup, 0);
        Check.atLeast("total", total, warmup + 1);
    }

    @Override
    public double at(long step) {
        if (step < warmup) {
            return peak * (step + 1) / warmup;
        }
        long length = total - warmup;
        if (length == 1 || step >= total) {
            return end;
        }
        return end - (end - peak) * (Math.cos(Math.PI * (step - warmup) / (length - 1)) + 1) / 2;
    }
}
