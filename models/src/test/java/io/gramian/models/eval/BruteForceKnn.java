package io.gramian.models.eval;

import java.util.Comparator;
import java.util.stream.IntStream;

/** k nearest neighbours in float64, all distances sorted. */
final class BruteForceKnn {
    private BruteForceKnn() {}

    /** Cosine votes of exp(s / temperature) if temperature is above 0, else one Euclidean vote a neighbour. */
    static int[] predict(float[] train, int[] labels, float[] test, int d, int classes, int k, double temperature) {
        int[] predicted = new int[test.length / d];
        for (int i = 0; i < predicted.length; i++) {
            double[] similarity = new double[labels.length];
            for (int j = 0; j < labels.length; j++) {
                similarity[j] = similarity(test, i * d, train, j * d, d, temperature > 0);
            }
            double[] votes = new double[classes];
            IntStream.range(0, labels.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer j) -> -similarity[j]))
                    .limit(k)
                    .forEach(j -> votes[labels[j]] += temperature > 0 ? Math.exp(similarity[j] / temperature) : 1);
            predicted[i] = Labels.largest(votes);
        }
        return predicted;
    }

    private static double similarity(float[] a, int aAt, float[] b, int bAt, int d, boolean cosine) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        double distance = 0;
        for (int e = 0; e < d; e++) {
            double x = a[aAt + e];
            double y = b[bAt + e];
            dot += x * y;
            aa += x * x;
            bb += y * y;
            distance += (x - y) * (x - y);
        }
        return cosine ? dot / Math.sqrt(aa * bb) : -distance;
    }
}
