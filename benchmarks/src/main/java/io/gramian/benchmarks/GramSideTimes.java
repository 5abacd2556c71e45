package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.BarlowTwins;
import io.gramian.loss.GramSide;
import java.util.List;
import java.util.Random;

/** Prints the time of Barlow Twins, forward and backward, on both Gram sides around the crossover (docs/numerics.md). */
final class GramSideTimes {
    private static final int REPETITIONS = 60;

    private GramSideTimes() {}

    /** The batch size is the only argument, 192 without. */
    public static void main(String[] arguments) {
        int n = arguments.length == 0 ? 192 : Integer.parseInt(arguments[0]);
        System.out.printf("%6s %8s %14s %14s%n", "d/n", "d", "features, ms", "samples, ms");
        for (double ratio : new double[] {0.25, 0.5, 1, 1.125, 1.25, 1.5, 2, 4}) {
            int d = (int) (ratio * n);
            double[] best = milliseconds(n, d);
            System.out.printf("%6.3f %8d %14.3f %14.3f%n", ratio, d, best[0], best[1]);
        }
    }

    /** Least time on the feature side and on the sample side, measured in turns. */
    private static double[] milliseconds(int n, int d) {
        double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
        try (Scope scope = Scope.open()) {
            List<Tensor> views = List.of(random(1, n, d), random(2, n, d));
            List<Tensor> gradients = List.of(Tensor.empty(Device.cpu(), n, d), Tensor.empty(Device.cpu(), n, d));
            for (int i = 0; i < 2 * REPETITIONS; i++) {
                GramSide side = i % 2 == 0 ? GramSide.FEATURES : GramSide.SAMPLES;
                BarlowTwins loss = new BarlowTwins(0.0051f, 1e-5f, 1, side);
                long start = System.nanoTime();
                loss.valueAndGradient(views, gradients);
                best[i % 2] = Math.min(best[i % 2], (System.nanoTime() - start) * 1e-6);
            }
        }
        return best;
    }

    private static Tensor random(long seed, int n, int d) {
        Random random = new Random(seed);
        float[] values = new float[n * d];
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        return Tensor.of(Device.cpu(), values, n, d);
    }
}
