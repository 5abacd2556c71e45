package io.gramian.golden;

import io.gramian.Device;
import io.gramian.models.eval.KnnClassifier;
import io.gramian.reference.NearestRowsReference;
import io.gramian.reference.NormalizeRowsReference;
import java.util.Arrays;

/** k nearest neighbours: predictions and accuracy of the weighted cosine vote, accuracy of the Euclidean majority. */
final class KnnRunner implements MethodRunner {
    @Override
    public boolean knows(GoldenCase golden) {
        return golden.method().equals("knn");
    }

    @Override
    public void truth(GoldenCase golden, Score score) {
        GoldenArray train = golden.input("train");
        GoldenArray test = golden.input("test");
        double[] unitTrain = NormalizeRowsReference.value(train.data(), train.rows(), train.columns(), 1e-12);
        double[] unitTest = NormalizeRowsReference.value(test.data(), test.rows(), test.columns(), 1e-12);
        compare(golden, score, vote(golden, unitTest, unitTrain, new double[train.rows()], golden.param("T")));
        double[] bias = new double[train.rows()];
        for (int i = 0; i < train.data().length; i++) {
            bias[i / train.columns()] -= train.data()[i] * train.data()[i] / 2;
        }
        int[] majority = vote(golden, test.data(), train.data(), bias, Double.POSITIVE_INFINITY);
        score.value(accuracy(golden, majority), golden.expected("acc_euclid_majority_htdt"));
    }

    @Override
    public void kernels(GoldenCase golden, Device device, Score score) {
        GoldenArray train = golden.input("train");
        GoldenArray test = golden.input("test");
        int[] labels = golden.input("train_y").asInts();
        int k = (int) golden.param("k");
        int classes = (int) golden.param("num_classes");
        compare(
                golden,
                score,
                KnnClassifier.cosine(k, golden.param("T"))
                        .predict(train.tensor(device), labels, test.tensor(device), classes));
        int[] majority = KnnClassifier.euclidean(k).predict(train.tensor(device), labels, test.tensor(device), classes);
        score.value(accuracy(golden, majority), golden.expected("acc_euclid_majority_htdt"));
    }

    private static void compare(GoldenCase golden, Score score, int[] predicted) {
        int[] expected = golden.expectedArray("pred_top1_cosine_weighted").asInts();
        score.absolute(Arrays.equals(predicted, expected) ? 0 : 1);
        score.value(accuracy(golden, predicted), (float) golden.expected("acc_cosine_weighted"));
        score.value(accuracy(golden, predicted), (float) (golden.expected("solo_acc1_percent") / 100));
    }

    /** In float32, as the file has it. */
    private static float accuracy(GoldenCase golden, int[] predicted) {
        int[] labels = golden.input("test_y").asInts();
        int hits = 0;
        for (int i = 0; i < labels.length; i++) {
            hits += predicted[i] == labels[i] ? 1 : 0;
        }
        return (float) hits / labels.length;
    }

    /** Votes of exp(score / temperature), ties to the smallest class. */
    private static int[] vote(GoldenCase golden, double[] queries, double[] keys, double[] bias, double temperature) {
        int m = golden.input("test").rows();
        int n = golden.input("train").rows();
        int d = golden.input("train").columns();
        int k = (int) golden.param("k");
        int[] labels = golden.input("train_y").asInts();
        int[] nearest = NearestRowsReference.index(queries, keys, bias, m, n, d, k);
        int[] predicted = new int[m];
        for (int i = 0; i < m; i++) {
            double[] votes = new double[(int) golden.param("num_classes")];
            for (int j = 0; j < k; j++) {
                double similarity = 0;
                for (int e = 0; e < d; e++) {
                    similarity += queries[i * d + e] * keys[nearest[i * k + j] * d + e];
                }
                votes[labels[nearest[i * k + j]]] += Math.exp(similarity / temperature);
            }
            for (int c = 1; c < votes.length; c++) {
                predicted[i] = votes[c] > votes[predicted[i]] ? c : predicted[i];
            }
        }
        return predicted;
    }
}
