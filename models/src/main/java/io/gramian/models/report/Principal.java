package io.gramian.models.report;

import java.util.Random;

/** The two directions in which rows vary most. */
final class Principal {
    private static final int POWER_STEPS = 30;

    private Principal() {}

    /** Rows divided by their length; a row of zeros stays. */
    static float[] unitRows(float[] rows, int n, int d) {
        float[] unit = new float[n * d];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int e = 0; e < d; e++) {
                sum += (double) rows[i * d + e] * rows[i * d + e];
            }
            float scale = sum > 0 ? (float) (1 / Math.sqrt(sum)) : 0;
            for (int e = 0; e < d; e++) {
                unit[i * d + e] = rows[i * d + e] * scale;
            }
        }
        return unit;
    }

    /** Coordinates of the centred rows along the two principal directions, by power iteration: x, then y. */
    static double[][] plane(float[] rows, int n, int d) {
        double[] mean = new double[d];
        for (int i = 0; i < n; i++) {
            for (int e = 0; e < d; e++) {
                mean[e] += rows[i * d + e] / (double) n;
            }
        }
        double[] first = direction(rows, mean, n, d, new double[d], 1);
        double[] second = direction(rows, mean, n, d, first, 2);
        return new double[][] {project(rows, mean, n, d, first), project(rows, mean, n, d, second)};
    }

    /** Unit vector with the largest {@code |X v|} among those orthogonal to another. */
    private static double[] direction(float[] rows, double[] mean, int n, int d, double[] other, long seed) {
        double[] v = new Random(seed).doubles(d, -1, 1).toArray();
        for (int t = 0; t < POWER_STEPS; t++) {
            normalise(v, other);
            double[] along = project(rows, mean, n, d, v);
            double[] next = new double[d];
            for (int i = 0; i < n; i++) {
                for (int e = 0; e < d; e++) {
                    next[e] += along[i] * (rows[i * d + e] - mean[e]);
                }
            }
            v = next;
        }
        normalise(v, other);
        return v;
    }

    private static double[] project(float[] rows, double[] mean, int n, int d, double[] v) {
        double[] along = new double[n];
        for (int i = 0; i < n; i++) {
            for (int e = 0; e < d; e++) {
                along[i] += v[e] * (rows[i * d + e] - mean[e]);
            }
        }
        return along;
    }

    /** Takes out the part along another unit vector, or zero vector, and scales to length 1 where there is one. */
    private static void normalise(double[] v, double[] other) {
        double dot = 0;
        for (int e = 0; e < v.length; e++) {
            dot += v[e] * other[e];
        }
        double sum = 0;
        for (int e = 0; e < v.length; e++) {
            v[e] -= dot * other[e];
            sum += v[e] * v[e];
        }
        double scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
        for (int e = 0; e < v.length; e++) {
            v[e] *= scale;
        }
    }
}
