package io.gramian.models.report;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * t-SNE (van der Maaten and Hinton 2008): places points on a plane so that neighbours stay neighbours. Attraction
 * among the nearest 90, exact repulsion of all pairs: {@code iterations n^2} steps. Same input, same map, whatever the
 * threads.
 *
 * <p>Rows are scaled to unit length first: distances are those of the cosine kNN. The start is the plane of the two
 * principal directions (Kobak and Berens 2019), so that far apart on the map means something too.
 */
final class TsneMap {
    private static final int ITERATIONS = 400;
    private static final int EXAGGERATED = 100;
    private static final double EXAGGERATION = 12;
    private static final double PERPLEXITY = 30;

    private final int n;
    private final int[][] neighbours; // of each point: those with a share of attraction worth counting
    private final double[][] attraction; // p_ij, symmetric, sum 1
    private final double[] x;
    private final double[] y;
    private final float[] floatX; // copies for the loop over all pairs, where float32 is enough and twice as fast
    private final float[] floatY;

    private TsneMap(int n, int[][] neighbours, double[][] attraction, double[] x, double[] y) {
        this.n = n;
        this.neighbours = neighbours;
        this.attraction = attraction;
        this.x = x;
        this.y = y;
        this.floatX = new float[n];
        this.floatY = new float[n];
    }

    /**
     * Coordinates of the rows.
     *
     * @param rows (n, d) row-major, finite
     * @return x of all points, then y of all points
     */
    static double[][] of(float[] rows, int n, int d) {
        float[] unit = Principal.unitRows(rows, n, d);
        double[][] start = Principal.plane(unit, n, d);
        if (n < 5) {
            return start;
        }
        int k = Math.min(n - 1, (int) (3 * PERPLEXITY));
        int[] index;
        float[] similarity;
        try (Scope scope = Scope.open()) {
            Tensor z = Tensor.of(Device.cpu(), unit, n, d);
            Tensor indices = Tensor.empty(Device.cpu(), DType.INT32, n, k + 1);
            Tensor scores = Tensor.empty(Device.cpu(), n, k + 1);
            Device.cpu().backend().probes().nearestRows(z, z, null, indices, scores);
            index = indices.toInts();
            similarity = scores.toFloats();
        }
        List<SortedMap<Integer, Double>> shares = symmetric(index, similarity, n, k);
        int[][] neighbours = new int[n][];
        double[][] attraction = new double[n][];
        for (int i = 0; i < n; i++) {
            neighbours[i] = shares.get(i).keySet().stream().mapToInt(j -> j).toArray();
            attraction[i] = shares.get(i).values().stream().mapToDouble(p -> p).toArray();
        }
        double spread = 1e-12 + deviation(start[0]);
        Random random = new Random(0); // breaks the ties of equal rows
        for (int i = 0; i < n; i++) {
            start[0][i] = 1e-2 * start[0][i] / spread + 1e-5 * random.nextGaussian();
            start[1][i] = 1e-2 * start[1][i] / spread + 1e-5 * random.nextGaussian();
        }
        TsneMap map = new TsneMap(n, neighbours, attraction, start[0], start[1]);
        map.descend();
        return new double[][] {map.x, map.y};
    }

    /**
     * Shares {@code (p_j|i + p_i|j) / 2n} of the k nearest neighbours; zero for all other pairs, as in Barnes-Hut
     * t-SNE.
     */
    private static List<SortedMap<Integer, Double>> symmetric(int[] index, float[] similarity, int n, int k) {
        List<SortedMap<Integer, Double>> shares = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            shares.add(new TreeMap<>());
        }
        double perplexity = Math.min(PERPLEXITY, k / 3.0);
        for (int i = 0; i < n; i++) {
            int row = i;
            int[] at = IntStream.range(i * (k + 1), (i + 1) * (k + 1))
                    .filter(e -> index[e] != row)
                    .limit(k)
                    .toArray();
            double[] distance = IntStream.of(at)
                    .mapToDouble(e -> Math.max(0, 2 - 2 * (double) similarity[e]))
                    .toArray();
            double[] p = affinities(distance, perplexity);
            for (int e = 0; e < at.length; e++) {
                shares.get(i).merge(index[at[e]], p[e] / (2 * n), Double::sum);
                shares.get(index[at[e]]).merge(i, p[e] / (2 * n), Double::sum);
            }
        }
        return shares;
    }

    /** Shares of neighbours, sum 1: Gaussian in the distance, as wide as the perplexity asks, by bisection. */
    private static double[] affinities(double[] distance, double perplexity) {
        double[] p = new double[distance.length];
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        double beta = 10;
        for (int t = 0; t < 60; t++) {
            double sum = 0;
            double weighted = 0;
            for (int j = 0; j < p.length; j++) {
                p[j] = Math.exp(-beta * (distance[j] - distance[0])); // the nearest has 1: the sum is never 0
                sum += p[j];
                weighted += p[j] * (distance[j] - distance[0]);
            }
            double error = Math.log(sum) + beta * weighted / sum - Math.log(perplexity);
            for (int j = 0; j < p.length; j++) {
                p[j] /= sum;
            }
            if (Math.abs(error) < 1e-4 || beta > 1e12) {
                break;
            }
            low = error > 0 ? beta : low;
            high = error > 0 ? high : beta;
            beta = Double.isInfinite(high) ? beta * 2 : (low + high) / 2;
        }
        return p;
    }

    /** Gradient descent with momentum and gains, as in the paper; learning rate n / 12 (Belkina et al. 2019). */
    private void descend() {
        double[] gradientX = new double[n];
        double[] gradientY = new double[n];
        double[] rowSum = new double[n];
        double[] repulsionX = new double[n];
        double[] repulsionY = new double[n];
        double[] stepX = new double[n];
        double[] stepY = new double[n];
        double[] gainX = new double[n];
        double[] gainY = new double[n];
        Arrays.fill(gainX, 1);
        Arrays.fill(gainY, 1);
        double rate = Math.max(50, n / EXAGGERATION);
        for (int t = 0; t < ITERATIONS; t++) {
            double exaggeration = t < EXAGGERATED ? EXAGGERATION : 1;
            double momentum = t < EXAGGERATED ? 0.5 : 0.8;
            for (int i = 0; i < n; i++) {
                floatX[i] = (float) x[i];
                floatY[i] = (float) y[i];
            }
            IntStream.range(0, n)
                    .parallel()
                    .forEach(i -> rowSum[i] = forces(i, exaggeration, gradientX, gradientY, repulsionX, repulsionY));
            double total = Math.max(1e-12, Arrays.stream(rowSum).sum());
            for (int i = 0; i < n; i++) {
                gradientX[i] = 4 * (gradientX[i] - repulsionX[i] / total);
                gradientY[i] = 4 * (gradientY[i] - repulsionY[i] / total);
            }
            move(x, gradientX, stepX, gainX, momentum, rate);
            move(y, gradientY, stepY, gainY, momentum, rate);
        }
    }

    /** Attraction and repulsion of point i; returns its part of the normaliser. */
    private double forces(int i, double exaggeration, double[] pullX, double[] pullY, double[] pushX, double[] pushY) {
        float[] q = new float[n];
        float[] along = new float[n];
        float[] across = new float[n];
        float xi = (float) x[i];
        float yi = (float) y[i];
        for (int j = 0; j < n; j++) { // no sums in this loop, so that the compiler vectorises it
            float dx = xi - floatX[j];
            float dy = yi - floatY[j];
            float share = 1 / (1 + dx * dx + dy * dy);
            q[j] = share;
            along[j] = share * share * dx;
            across[j] = share * share * dy;
        }
        pushX[i] = sum(along);
        pushY[i] = sum(across);
        double ax = 0;
        double ay = 0;
        for (int k = 0; k < neighbours[i].length; k++) {
            int j = neighbours[i][k];
            double share = exaggeration * attraction[i][k] * q[j];
            ax += share * (x[i] - x[j]);
            ay += share * (y[i] - y[j]);
        }
        pullX[i] = ax;
        pullY[i] = ay;
        return sum(q) - 1; // without the point itself
    }

    /** In four parts, which the processor adds side by side. */
    private static double sum(float[] values) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int j = 0;
        for (; j + 4 <= values.length; j += 4) {
            a += values[j];
            b += values[j + 1];
            c += values[j + 2];
            d += values[j + 3];
        }
        for (; j < values.length; j++) {
            a += values[j];
        }
        return a + b + (c + d);
    }

    private static void move(
            double[] at, double[] gradient, double[] step, double[] gain, double momentum, double rate) {
        double mean = 0;
        for (int i = 0; i < at.length; i++) {
            gain[i] = Math.max(0.01, gradient[i] * step[i] < 0 ? gain[i] + 0.2 : gain[i] * 0.8);
            step[i] = momentum * step[i] - rate * gain[i] * gradient[i];
            at[i] += step[i];
            mean += at[i] / at.length;
        }
        for (int i = 0; i < at.length; i++) {
            at[i] -= mean;
        }
    }

    private static double deviation(double[] values) {
        double mean = Arrays.stream(values).average().orElse(0);
        return Math.sqrt(Arrays.stream(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElse(0));
    }
}
