package io.gramian.benchmarks;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long two threads of this machine need to see what each other wrote: some tens of nanoseconds where their cores share a
 * cache, hundreds where they do not. A virtual machine may be moved from one to the other between two measurements, and
 * work that two cores share in small pieces follows it.
 */
final class CoreDistance {
    private static final int PASSES = 20_000;

    /** Elements between the two counters: they lie on cache lines of their own, and so do those that are fetched with them. */
    private static final int APART = 32;

    private CoreDistance() {}

    /** Nanoseconds from one thread to the other, of passes there and back. */
    static double nanos() {
        AtomicLongArray counters = new AtomicLongArray(3 * APART);
        Thread other = new Thread(() -> {
            for (long i = 1; i <= PASSES; i++) {
                await(counters, APART, i);
                counters.setRelease(2 * APART, i);
            }
        });
        other.setDaemon(true);
        other.start();
        long start = 0;
        for (long i = 1; i <= PASSES; i++) {
            counters.setRelease(APART, i);
            await(counters, 2 * APART, i);
            if (i == PASSES / 2) {
                start = System.nanoTime(); // what came before let the other thread start, and both be compiled
            }
        }
        return (System.nanoTime() - start) / (double) PASSES;
    }

    private static void await(AtomicLongArray counters, int index, long value) {
        for (int looks = 0; counters.getAcquire(index) < value; looks++) {
            if (looks > 1_000_000) {
                Thread.yield(); // one core for both
            }
        }
    }
}
