package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.backend.Backend;
import io.gramian.backend.Stream;
import io.gramian.benchmarks.report.Scaling;
import java.util.Arrays;

/**
 * Times our side of a {@link Comparison} with one thread and with one per core, in turns in one JVM on the same data, so that
 * a processor that changes its frequency, and memory that lies well or badly, change both.
 */
final class ThreadTurns {
    private static final int ROUNDS = 15;

    /** Shortest time of a turn, at whose beginning the second thread and its cache come back from sleep: 20 are too few. */
    private static final double TURN_MILLIS = 200;

    private ThreadTurns() {}

    /** Measures one shape; one round when it is to be quick. */
    static Scaling measure(Comparison comparison, String shape, boolean quick) {
        Backend backend = Device.cpu().backend();
        try (Stream one = backend.newStream(1);
                Stream all = backend.newStream(0);
                Workload workload = comparison.create(Comparison.OURS, shape)) {
            double first = Math.max(millis(one, workload, 1), millis(all, workload, 1)); // takes the scratch memory
            int calls = quick ? 1 : (int) Math.ceil(TURN_MILLIS / first);
            int rounds = quick ? 1 : ROUNDS;
            double[] alone = new double[rounds];
            double[] together = new double[rounds];
            double[] quotients = new double[rounds];
            double[] apart = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                alone[i] = millis(one, workload, calls);
                together[i] = millis(all, workload, calls);
                quotients[i] = alone[i] / together[i];
                apart[i] = CoreDistance.nanos();
            }
            return new Scaling(
                    comparison.name(),
                    shape,
                    all.threads(),
                    median(alone),
                    median(together),
                    median(quotients),
                    rounds,
                    median(apart));
        }
    }

    private static double millis(Stream stream, Workload workload, int calls) {
        long start = System.nanoTime();
        stream.use(() -> {
            for (int i = 0; i < calls; i++) {
                workload.run();
            }
        });
        return (System.nanoTime() - start) * 1e-6 / calls;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
