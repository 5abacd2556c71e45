package io.gramian.models.eval;

import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Shift and scale of each feature, {@code (x - mean) * factor}, taken from the training rows. */
final class FeatureScale {
    private static final int ROWS = 4096;

    private final double[] mean;
    private final double[] factor;

    private FeatureScale(double[] mean, double[] factor) {
        this.mean = mean;
        this.factor = factor;
    }

    /** Subtracts the mean. */
    static FeatureScale centre(Tensor x) {
        FeatureScale scale = standard(x, 0);
        Arrays.fill(scale.factor, 1);
        return scale;
    }

    /**
     * Mean 0, standard deviation 1. A feature whose deviation is below {@code floor} times the root mean square
     * deviation of all features is divided by that instead: a pixel that is almost always black must not become the
     * largest number.
     */
    static FeatureScale standard(Tensor x, double floor) {
        Check.matrix("x", x);
        int d = Math.toIntExact(x.shape().size(1));
        long n = x.shape().size(0);
        double[] mean = new double[d];
        eachRow(x, (values, at) -> {
            for (int e = 0; e < d; e++) {
                mean[e] += values[at + e];
            }
        });
        for (int e = 0; e < d; e++) {
            mean[e] /= n;
        }
        double[] square = new double[d];
        eachRow(x, (values, at) -> {
            for (int e = 0; e < d; e++) {
                double centred = values[at + e] - mean[e];
                square[e] += centred * centred;
            }
        });
        return new FeatureScale(mean, factors(square, n, floor));
    }

    private static double[] factors(double[] square, long n, double floor) {
        double total = 0;
        for (double value : square) {
            total += value / n / square.length;
        }
        double least = floor * Math.sqrt(total);
        double[] factor = new double[square.length];
        for (int e = 0; e < factor.length; e++) {
            double deviation = Math.max(Math.sqrt(square[e] / n), least);
            factor[e] = deviation > 0 ? 1 / deviation : Double.isNaN(deviation) ? Double.NaN : 0;
        }
        return factor;
    }

    /** A scaled copy. */
    Tensor apply(Tensor x) {
        return apply(x, IntStream.range(0, Math.toIntExact(x.shape().size(0))).toArray());
    }

    /** A scaled copy whose row i is row {@code order[i]} of x. An order that rises reads little more than it needs. */
    Tensor apply(Tensor x, int[] order) {
        int d = mean.length;
        Check.shape("x", x, x.shape().size(0), d);
        Tensor scaled = Tensor.empty(x.device(), order.length, d);
        for (int from = 0; from < order.length; from += ROWS) {
            int[] part = Arrays.copyOfRange(order, from, Math.min(order.length, from + ROWS));
            float[] block = new float[part.length * d];
            // the rows between are read too: one copy from the device instead of one a row
            int first = IntStream.of(part).min().orElse(0);
            int last = IntStream.of(part).max().orElse(0);
            for (int begin = first; begin <= last; begin += ROWS) {
                int end = Math.min(last + 1, begin + ROWS);
                try (Tensor source = x.rows(begin, end)) {
                    scale(source.toFloats(), begin, end, part, block);
                }
            }
            try (Tensor target = scaled.rows(from, from + part.length)) {
                target.copyFrom(block);
            }
        }
        return scaled;
    }

    /** Those rows of {@code part} that are from begin to end, which source holds, into their places of block. */
    private void scale(float[] source, int begin, int end, int[] part, float[] block) {
        int d = mean.length;
        for (int i = 0; i < part.length; i++) {
            boolean inside = part[i] >= begin && part[i] < end;
            for (int e = 0; inside && e < d; e++) {
                block[i * d + e] = (float) ((source[(part[i] - begin) * d + e] - mean[e]) * factor[e]);
            }
        }
    }

    private interface Row {
        void accept(float[] values, int at);
    }

    /** Visits rows in order, a block of them on the heap at a time. */
    private static void eachRow(Tensor x, Row row) {
        long n = x.shape().size(0);
        int d = Math.toIntExact(x.shape().size(1));
        for (long from = 0; from < n; from += ROWS) {
            try (Tensor block = x.rows(from, Math.min(n, from + ROWS))) {
                float[] values = block.toFloats();
                for (int at = 0; d > 0 && at < values.length; at += d) {
                    row.accept(values, at);
                }
            }
        }
    }
}
