package io.gramian.benchmarks.gpu;

import java.util.Arrays;

/**
 * Times work as {@code benchmarks/peers/timing.py} does: warm-up, then samples of so many calls in a row that one takes
 * {@link #SAMPLE_MILLIS} or more, from the first call until the device is done with the last; the median of the samples.
 */
final class GpuTimer {
    /** Long beside one wait for the device, 10 to 20 microseconds. */
    private static final double SAMPLE_MILLIS = 20;

    private static final double WARM_UP_MILLIS = 300;
    private static final int SAMPLES = 21;
    private static final int MOST_CALLS = 2000;

    /** Milliseconds of one call. */
    record Times(double median, double least, int samples) {}

    private GpuTimer() {}

    static Times measure(GpuWork work, boolean quick) {
        double each = millis(work, 1);
        double spent = each;
        while (!quick && spent < WARM_UP_MILLIS) {
            each = millis(work, 1);
            spent += each;
        }
        int calls = quick ? 1 : (int) Math.max(1, Math.min(MOST_CALLS, Math.ceil(SAMPLE_MILLIS / each)));
        double[] samples = new double[quick ? 1 : SAMPLES];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = millis(work, calls) / calls;
        }
        Arrays.sort(samples);
        return new Times(samples[samples.length / 2], samples[0], samples.length);
    }

    private static double millis(GpuWork work, int calls) {
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) {
            work.run();
        }
        work.await();
        return (System.nanoTime() - start) / 1e6;
    }
}
