package io.gramian.models.eval;

import io.gramian.DType;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Check;
import java.util.Arrays;

/**
 * k nearest neighbours: each test row takes the class with the most votes among its k nearest training rows.
 *
 * <p>Two votes are in use. {@link #cosine}: similarity {@code s = <q, x> / (|q| |x|)}, each neighbour weighs
 * {@code exp(s / T)} (Wu et al. 2018; k 200, T 0.1 in the MoCo and lightly benchmarks). {@link #euclidean}: one vote a
 * neighbour (k 5 in the W-MSE authors' code). Ties go to the smallest class.
 *
 * <p>Time {@code 2 m n d} FLOP for m test and n training rows; the (m, n) matrix is never stored.
 */
public final class KnnClassifier {
    private static final float EPS = 1e-12f;

    private final int k;
    private final double temperature;

    private KnnClassifier(int k, double temperature) {
        Check.atLeast("k", k, 1);
        this.k = k;
        this.temperature = temperature;
    }

    /** Cosine similarity, votes of {@code exp(s / temperature)}; {@code k} at least 1, {@code temperature} above 0. */
    public static KnnClassifier cosine(int k, double temperature) {
        Check.positive("temperature", temperature);
        return new KnnClassifier(k, temperature);
    }

    /** Euclidean distance, one vote a neighbour; {@code k} at least 1. */
    public static KnnClassifier euclidean(int k) {
        return new KnnClassifier(k, Double.NaN);
    }

    /** Whether similarity is cosine; Euclidean otherwise. */
    public boolean isCosine() {
        return !Double.isNaN(temperature);
    }

    /**
     * Predicted classes of test rows.
     *
     * @param train features (n, d), float32; n at least 1, fewer than k means all of them vote
     * @param labels their classes, each in [0, classes)
     * @param test features (m, d), float32
     * @param classes number of classes
     * @throws IllegalArgumentException if shapes or labels do not fit
     * @throws GramianException if a row has NaN or infinite features, so that it has no nearest neighbours
     */
    public int[] predict(Tensor train, int[] labels, Tensor test, int classes) {
        Check.matrix("train", train);
        Check.matrix("test", test);
        Labels.check(labels, train.shape().size(0), classes);
        Check.atLeast("rows of train", train.shape().size(0), 1);
        int neighbours = (int) Math.min(k, train.shape().size(0));
        try (Scope scope = Scope.open()) {
            int rows = Math.toIntExact(test.shape().size(0));
            Tensor index = Tensor.empty(test.device(), DType.INT32, rows, neighbours);
            Tensor score = Tensor.empty(test.device(), rows, neighbours);
            search(train, test, index, score);
            return vote(index.toInts(), score.toFloats(), labels, rows, neighbours, classes);
        }
    }

    /** Share of test rows whose predicted class is theirs, in [0, 1]. */
    public double accuracy(Tensor train, int[] trainLabels, Tensor test, int[] testLabels, int classes) {
        Labels.check(testLabels, test.shape().size(0), classes);
        Check.atLeast("rows of test", testLabels.length, 1);
        return Labels.agreement(predict(train, trainLabels, test, classes), testLabels);
    }

    private void search(Tensor train, Tensor test, Tensor index, Tensor score) {
        if (isCosine()) {
            test.device().backend().probes().nearestRows(unit(test), unit(train), null, index, score);
            return;
        }
        // -|q - x|^2 / 2 = <q, x> - |x|^2 / 2 - |q|^2 / 2, and the last term is the same for all x. Around the mean of
        // the training rows, both terms are small, and float32 keeps the digits of their difference.
        FeatureScale scale = FeatureScale.centre(train);
        Tensor keys = scale.apply(train);
        Tensor bias = norms(keys);
        float[] half = bias.toFloats();
        for (int i = 0; i < half.length; i++) {
            half[i] = -0.5f * half[i] * half[i];
        }
        bias.copyFrom(half);
        test.device().backend().probes().nearestRows(scale.apply(test), keys, bias, index, score);
    }

    private static Tensor unit(Tensor z) {
        Tensor u = Tensor.empty(z.device(), z.shape().toArray());
        Tensor norm = Tensor.empty(z.device(), z.shape().size(0));
        z.device().backend().normalization().normalizeRows(z, EPS, u, norm);
        norm.close();
        return u;
    }

    private static Tensor norms(Tensor z) {
        Tensor u = Tensor.empty(z.device(), z.shape().toArray());
        Tensor norm = Tensor.empty(z.device(), z.shape().size(0));
        z.device().backend().normalization().normalizeRows(z, EPS, u, norm);
        u.close();
        return norm;
    }

    private int[] vote(int[] index, float[] score, int[] labels, int rows, int neighbours, int classes) {
        int[] predicted = new int[rows];
        double[] votes = new double[classes];
        for (int i = 0; i < rows; i++) {
            Arrays.fill(votes, 0);
            double best = score[i * neighbours];
            for (int j = i * neighbours; j < (i + 1) * neighbours; j++) {
                if (index[j] < 0) {
                    throw new GramianException("kNN: expected finite features, got NaN or infinity in test row " + i
                            + " or in the training rows; look at the loss of the run: it probably diverged");
                }
                // relative to the best neighbour: the same ranking, without overflow at small temperatures
                votes[labels[index[j]]] += isCosine() ? Math.exp((score[j] - best) / temperature) : 1;
            }
            predicted[i] = Labels.largest(votes);
        }
        return predicted;
    }

    /** As in {@code kNN (cosine, k 20, T 0.07)}. */
    @Override
    public String toString() {
        return isCosine() ? "kNN (cosine, k " + k + ", T " + temperature + ")" : "kNN (Euclidean, k " + k + ")";
    }
}
