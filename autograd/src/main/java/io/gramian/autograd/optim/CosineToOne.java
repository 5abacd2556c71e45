package io.gramian.autograd.optim;

import io.gramian.backend.Check;

/**
 * Half a cosine from {@code start} to 1 over {@code total} steps: the momentum of the averaged network in BYOL and
 * MoCo v3,
 * {@code 1 - (1 - start) (1 + cos(pi step / total)) / 2}.
 *
 * @param start value at step 0, in [0, 1]
 * @param total steps in all
 */
public record CosineToOne(double start, long total) implements Schedule {
    /** Checks the ranges. */
    public CosineToOne {
        if (!(start >= 0 && start <= 1)) {
            throw new IllegalArgumentException("start: expected a number in [0, 1], got " + start);
        }
        Check.atLeast("total", total, 1);
    }

    @Override
    public double at(long step) {
        double done = Math.min(1, (double) step / total);
        return 1 - (1 - start) * (1 + Math.cos(Math.PI * done)) / 2;
    }
}
