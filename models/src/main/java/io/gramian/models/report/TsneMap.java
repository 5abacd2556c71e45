package io.gramian.models.report;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * t-SNE (van der Maaten and Hinton 2008): places points on a plane so that neighbours stay neighbours. Exact gradient, all
 * pairs: {@code iterations n^2} steps, 2 to 4 s for 2,000 points on two cores. Same input, same map, whatever the threads.
 *
 * <p>Rows are scaled to unit length first: distances are those of the cosine kNN. The start is the plane of the two
 * principal directions (Kobak and Berens 2019), so that far apart on the map means something too.
 */
final class TsneMap {
    private static final int ITERATIONS = 500;
    private static final int EXAGGERATED = 120;
    private static final double EXAGGERATION = 12;
    private static final double PERPLEXITY = 30;

    private final int n;
    private final int[][] neighbours; // of each point: those with a share of attraction worth counting
    private final double[][] attraction; // p_ij, symmetric, sum 1
    private final double[] x;
    private final double[] y;

    private TsneMap(int n, int[][] neighbours, double[][] attraction, double[] x, double[] y) {
        this.n = n;
        this.neighbours = neighbours;
        this.attraction = attraction;
        this.x = x;
        this.y = y;
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
        double[] p = new double[n * n];
        double perplexity = Math.min(PERPLEXITY, (n - 1) / 3.0);
        IntStream.range(0, n).parallel().forEach(i -> affinities(unit, n, d, i, perplexity, p));
        int[][] neighbours = new int[n][];
        double[][] attraction = new double[n][];
        IntStream.range(0, n).parallel().forEach(i -> {
            neighbours[i] = IntStream.range(0, n).filter(j -> p[i * n + j] + p[j * n + i] > 1e-8).toArray();
            attraction[i] = Arrays.stream(neighbours[i])
                    .mapToDouble(j -> (p[i * n + j] + p[j * n + i]) / (2 * n))
                    .toArray();
        });
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

    /** Row i of the conditional shares: Gaussian in the distance, as wide as the perplexity asks. */
    private static void affinities(float[] unit, int n, int d, int i, double perplexity, double[] p) {
        double[] distance = new double[n];
        for (int j = 0; j < n; j++) {
            float dot = 0;
            for (int e = 0; e < d; e++) {
                dot += unit[i * d + e] * unit[j * d + e];
            }
            distance[j] = Math.max(0, 2 - 2 * (double) dot);
        }
        double low = 0;
        double high = Double.POSITIVE_INFINITY;
        double beta = 10;
        for (int t = 0; t < 60; t++) {
            double sum = 0;
            double weighted = 0;
            for (int j = 0; j < n; j++) {
                double share = j == i ? 0 : Math.exp(-beta * distance[j]);
                p[i * n + j] = share;
                sum += share;
                weighted += share * distance[j];
            }
            double entropy = sum > 0 ? Math.log(sum) + beta * weighted / sum : 0;
            for (int j = 0; j < n; j++) {
                p[i * n + j] = sum > 0 ? p[i * n + j] / sum : 0;
            }
            double error = entropy - Math.log(perplexity);
            if (Math.abs(error) < 1e-4 || beta > 1e12) {
                break;
            }
            low = error > 0 ? beta : low;
            high = error > 0 ? high : beta;
            beta = Double.isInfinite(high) ? beta * 2 : (low + high) / 2;
        }
    }

    /** Gradient descent with momentum and gains, as in the paper; learning rate n / 12 (Belkina et al. 2019). */
    private void descend() {
        double[] gradientX = new double[n];
        double[] gradientY = new double[n];
        double[] rowSum = new double[n];
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
            double[] repulsionX = new double[n];
            double[] repulsionY = new double[n];
            IntStream.range(0, n).parallel().forEach(i -> rowSum[i] = forces(i, exaggeration, gradientX, gradientY, repulsionX, repulsionY));
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
        double xi = x[i];
        double yi = y[i];
        double sum = -1; // the point itself
        double px = 0;
        double py = 0;
        for (int j = 0; j < n; j++) {
            double dx = xi - x[j];
            double dy = yi - y[j];
            double q = 1 / (1 + dx * dx + dy * dy);
            sum += q;
            px += q * q * dx;
            py += q * q * dy;
        }
        double ax = 0;
        double ay = 0;
        for (int k = 0; k < neighbours[i].length; k++) {
            double dx = xi - x[neighbours[i][k]];
            double dy = yi - y[neighbours[i][k]];
            double share = exaggeration * attraction[i][k] / (1 + dx * dx + dy * dy);
            ax += share * dx;
            ay += share * dy;
        }
        pullX[i] = ax;
        pullY[i] = ay;
        pushX[i] = px;
        pushY[i] = py;
        return sum;
    }

    private static void move(double[] at, double[] gradient, double[] step, double[] gain, double momentum, double rate) {
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
        return Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElse(0));
    }
}
