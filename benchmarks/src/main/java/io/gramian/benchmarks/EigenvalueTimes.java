package io.gramian.benchmarks;

import io.gramian.Device;
import java.util.Random;
import org.bytedeco.openblas.global.openblas;

/**
 * Prints the time of LAPACK's eigenvalue solvers, values alone, on Gram matrices: one stage (what the spectrum uses), and two
 * stages, to a band and then by bulge chasing; and how far their values are apart, relative to the largest.
 */
final class EigenvalueTimes {
    private static final int REPETITIONS = 5;

    private EigenvalueTimes() {}

    /** Orders as arguments; 256, 512 and 1024 without. */
    public static void main(String[] arguments) {
        Device.cpu().backend(); // one thread for OpenBLAS, as the kernels have it
        int[] orders = arguments.length == 0 ? new int[] {256, 512, 1024} : new int[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            orders[i] = Integer.parseInt(arguments[i]);
        }
        System.out.printf("%8s %16s %16s %12s%n", "order", "one stage, ms", "two stages, ms", "difference");
        for (int order : orders) {
            double[] gram = gram(order);
            double[] one = new double[order];
            double[] two = new double[order];
            double[] best = {Double.MAX_VALUE, Double.MAX_VALUE};
            for (int i = 0; i < 2 * REPETITIONS; i++) {
                double[] values = i % 2 == 0 ? one : two;
                best[i % 2] = Math.min(best[i % 2], milliseconds(gram.clone(), values, i % 2 == 1));
            }
            double difference = 0;
            for (int k = 0; k < order; k++) {
                difference = Math.max(difference, Math.abs(one[k] - two[k]) / one[order - 1]);
            }
            System.out.printf("%8d %16.2f %16.2f %12.1e%n", order, best[0], best[1], difference);
        }
    }

    private static double milliseconds(double[] gram, double[] values, boolean twoStages) {
        int order = values.length;
        byte job = 'N';
        byte triangle = 'U';
        int layout = openblas.LAPACK_COL_MAJOR;
        long start = System.nanoTime();
        int status = twoStages
                ? openblas.LAPACKE_dsyevd_2stage(layout, job, triangle, order, gram, order, values)
                : openblas.LAPACKE_dsyevd(layout, job, triangle, order, gram, order, values);
        if (status != 0) {
            throw new IllegalStateException("expected eigenvalues of order " + order + ", got status " + status);
        }
        return (System.nanoTime() - start) * 1e-6;
    }

    /** Z Z^T for uniform Z (order, 2 order): well conditioned, full rank. */
    private static double[] gram(int order) {
        double[] z = new Random(1).doubles(2L * order * order, -1, 1).toArray();
        double[] gram = new double[order * order];
        for (int i = 0; i < order; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k < 2 * order; k++) {
                    sum += z[i * 2 * order + k] * z[j * 2 * order + k];
                }
                gram[i * order + j] = sum;
                gram[j * order + i] = sum;
            }
        }
        return gram;
    }
}
