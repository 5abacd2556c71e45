package io.gramian.benchmarks;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.Backend;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.openblas.global.openblas;

/**
 * Prints how long the eigenvalues of a Gram matrix take: by this library, with all threads; by LAPACK in one stage, and in
 * two (to a band, then by bulge chasing), with one thread; and how far their largest difference is, relative to the largest
 * value.
 */
final class EigenvalueTimes {
    private static final int REPETITIONS = 7;

    private EigenvalueTimes() {}

    /** Orders as arguments; 256, 512 and 1024 without. */
    public static void main(String[] arguments) {
        Backend backend = Device.cpu().backend(); // makes OpenBLAS take one thread, as the kernels have it
        int[] orders = arguments.length == 0
                ? new int[] {256, 512, 1024}
                : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
        System.out.printf("%8s %12s %15s %16s %12s%n", "order", "ours, ms", "one stage, ms", "two stages, ms", "apart");
        for (int order : orders) {
            float[] gram = gram(order);
            double[][] values = new double[3][order];
            double[] best = {Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE};
            try (Tensor ours = Tensor.of(Device.cpu(), gram, 1, order, order)) {
                for (int i = 0; i < 3 * REPETITIONS; i++) {
                    double[] wide = widened(gram);
                    long start = System.nanoTime();
                    switch (i % 3) {
                        case 0 -> values[0] = backend.spectra().eigenvalues(ours)[0];
                        case 1 -> lapack(wide, values[1], false);
                        default -> lapack(wide, values[2], true);
                    }
                    best[i % 3] = Math.min(best[i % 3], (System.nanoTime() - start) * 1e-6);
                }
            }
            double apart = 0;
            for (int k = 0; k < order; k++) {
                double one = values[1][order - 1 - k]; // LAPACK's ascend
                apart = Math.max(apart, Math.abs(values[0][k] - one));
                apart = Math.max(apart, Math.abs(values[2][order - 1 - k] - one));
            }
            System.out.printf(
                    "%8d %12.2f %15.2f %16.2f %12.1e%n", order, best[0], best[1], best[2], apart / values[0][0]);
        }
    }

    private static double[] widened(float[] gram) {
        double[] wide = new double[gram.length];
        for (int i = 0; i < gram.length; i++) {
            wide[i] = gram[i];
        }
        return wide;
    }

    private static void lapack(double[] gram, double[] values, boolean twoStages) {
        int order = values.length;
        byte job = 'N';
        byte triangle = 'U';
        int layout = openblas.LAPACK_COL_MAJOR;
        int status = twoStages
                ? openblas.LAPACKE_dsyevd_2stage(layout, job, triangle, order, gram, order, values)
                : openblas.LAPACKE_dsyevd(layout, job, triangle, order, gram, order, values);
        if (status != 0) {
            throw new IllegalStateException("expected eigenvalues of order " + order + ", got status " + status);
        }
    }

    /** Z Z^T for uniform Z (order, 2 order): well conditioned, full rank. */
    private static float[] gram(int order) {
        double[] z = new Random(1).doubles(2L * order * order, -1, 1).toArray();
        float[] gram = new float[order * order];
        for (int i = 0; i < order; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k < 2 * order; k++) {
                    sum += z[i * 2 * order + k] * z[j * 2 * order + k];
                }
                gram[i * order + j] = (float) sum;
                gram[j * order + i] = (float) sum;
            }
        }
        return gram;
    }
}
