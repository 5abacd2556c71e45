package io.gramian.autograd.optim;

import io.gramian.backend.Check;

/**
 * Half a cosine from {@code start} to {@code end} over {@code total} steps, {@code end - (end - start) (1 + cos(pi step /
 * total)) / 2}: the momentum of the averaged network in BYOL and MoCo v3, which end at 1, and in solo-learn's MoCo v2+, which
 * ends at 0.999. With the same start and end it is constant, as in MoCo.
 *
 * @param start value at step 0, in [0, 1]
 * @param end value at step total and after, in [0, 1]
 * @param total steps in all
 */
public record CosineRise(double start, double end, long total) implements Schedule {
    /** Checks the ranges. */
    public CosineRise {
        if (!(start >= 0 && start <= 1)) {
            throw new IllegalArgumentException("start: expected a number in [0, 1], got " + start);
        }
        if (!(end >= 0 && end <= 1)) {
            throw new IllegalArgumentException("end: expected a number in [0, 1], got " + end);
        }
        Check.atLeast("total", total, 1);
    }

    @Override
    public double at(long step) {
        double done = Math.min(1, (double) step / total);
        return end - (end - start) * (1 + Math.cos(Math.PI * done)) / 2;
    }
}
