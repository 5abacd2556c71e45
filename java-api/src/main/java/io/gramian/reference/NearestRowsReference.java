package io.gramian.reference;

import java.util.Comparator;
import java.util.stream.IntStream;

/** The k largest {@code <q_i, x_j> + bias_j} of each query in float64, by sorting all of them. */
public final class NearestRowsReference {
    private NearestRowsReference() {}

    /** Numbers of the chosen keys (m x k), best first, equal scores by index. */
    public static int[] index(double[] queries, double[] keys, double[] bias, int m, int n, int d, int k) {
        int[] chosen = new int[m * k];
        for (int i = 0; i < m; i++) {
            double[] score = new double[n];
            for (int j = 0; j < n; j++) {
                score[j] = bias[j];
                for (int e = 0; e < d; e++) {
                    score[j] += queries[i * d + e] * keys[j * d + e];
                }
            }
            int[] order = IntStream.range(0, n)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer j) -> -score[j]).thenComparingInt(j -> j))
                    .mapToInt(Integer::intValue)
                    .toArray();
            System.arraycopy(order, 0, chosen, i * k, k);
        }
        return chosen;
    }
}
