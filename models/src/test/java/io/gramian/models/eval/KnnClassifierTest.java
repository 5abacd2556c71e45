package io.gramian.models.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KnnClassifierTest {
    private final Device device = Device.cpu();
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void aCloseNeighbourOutweighsTwoFarOnes() {
        Tensor train = Tensor.of(device, new float[] {1, 0, 0, 1, -1, 1}, 3, 2);
        int[] labels = {1, 0, 0};
        Tensor test = Tensor.of(device, new float[] {9, 1}, 1, 2);
        assertThat(KnnClassifier.cosine(3, 0.1).predict(train, labels, test, 2)).containsExactly(1);
        // at a high temperature all votes are alike, and class 0 has two of them
        assertThat(KnnClassifier.cosine(3, 100).predict(train, labels, test, 2)).containsExactly(0);
    }

    @Test
    void euclideanLooksAtLengthAndTiesGoToTheSmallestClass() {
        Tensor train = Tensor.of(device, new float[] {10, 0, 0, 1, 1, 0}, 3, 2);
        int[] labels = {2, 1, 0};
        Tensor test = Tensor.of(device, new float[] {8, 0, 0, 0}, 2, 2);
        assertThat(KnnClassifier.euclidean(1).predict(train, labels, test, 3)).containsExactly(2, 1);
        assertThat(KnnClassifier.euclidean(2).predict(train, labels, test, 3)).containsExactly(0, 0);
    }

    @Test
    void aTinyTemperatureDoesNotOverflow() {
        Tensor train = Tensor.of(device, new float[] {1, 0, 0, 1}, 2, 2);
        assertThat(KnnClassifier.cosine(2, 1e-4)
                        .predict(train, new int[] {0, 1}, Tensor.of(device, new float[] {1, 2}, 1, 2), 2))
                .containsExactly(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void agreesWithAFloat64Search(boolean cosine) {
        Random random = new Random(5);
        int n = 700;
        int m = 300;
        int d = 9;
        int classes = 7;
        int k = 11;
        float[] train = gaussian(random, n * d, 3);
        float[] test = gaussian(random, m * d, 3);
        int[] labels = random.ints(n, 0, classes).toArray();
        KnnClassifier knn = cosine ? KnnClassifier.cosine(k, 0.07) : KnnClassifier.euclidean(k);
        int[] predicted = knn.predict(Tensor.of(device, train, n, d), labels, Tensor.of(device, test, m, d), classes);
        assertThat(predicted)
                .containsExactly(BruteForceKnn.predict(train, labels, test, d, classes, k, cosine ? 0.07 : -1));
    }

    @Test
    void moreNeighboursThanRowsMeansAllRows() {
        Tensor train = Tensor.of(device, new float[] {1, 2, 3}, 3, 1);
        assertThat(KnnClassifier.euclidean(50).accuracy(train, new int[] {1, 1, 0}, train, new int[] {1, 1, 1}, 2))
                .isEqualTo(1);
    }

    @Test
    void nanFeaturesAndForeignLabelsAreRefused() {
        Tensor train = Tensor.of(device, new float[] {1, 2}, 2, 1);
        Tensor bad = Tensor.of(device, new float[] {Float.NaN}, 1, 1);
        assertThatThrownBy(() -> KnnClassifier.cosine(1, 0.1).predict(train, new int[] {0, 1}, bad, 2))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("NaN or infinity in test row 0");
        assertThatThrownBy(() -> KnnClassifier.cosine(1, 0.1).predict(train, new int[] {0, 2}, train, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: expected classes from 0 to 1, got 2 at row 1");
        assertThatThrownBy(() -> KnnClassifier.cosine(0, 0.1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KnnClassifier.cosine(1, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    private static float[] gaussian(Random random, int count, double shift) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() + shift);
        }
        return values;
    }
}
