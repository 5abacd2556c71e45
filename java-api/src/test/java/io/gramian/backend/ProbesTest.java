package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.NearestRowsReference;
import io.gramian.reference.SoftmaxRegressionReference;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbesTest {
    private final Device device = Device.cpu();
    private final Probes probes = device.backend().probes();
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
    void threeKeysOnALineComeInOrder() {
        Tensor queries = Tensor.of(device, new float[] {1}, 1, 1);
        Tensor keys = Tensor.of(device, new float[] {2, 5, 3}, 3, 1);
        Tensor index = Tensor.empty(device, DType.INT32, 1, 3);
        Tensor score = Tensor.empty(device, 1, 3);
        probes.nearestRows(queries, keys, null, index, score);
        assertThat(index.toInts()).containsExactly(1, 2, 0);
        assertThat(score.toFloats()).containsExactly(5, 3, 2);
        Tensor bias = Tensor.of(device, new float[] {9, 0, 0}, 3);
        probes.nearestRows(queries, keys, bias, index, score);
        assertThat(index.toInts()).containsExactly(0, 1, 2);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1,1", "2,31,3,7", "257,33,5,33", "33,513,127,20", "300,1300,16,200", "0,5,4,2", "3,4,0,2"})
    void findsTheKeysOfAFullSort(int m, int n, int d, int k) {
        // small whole numbers: every product is exact, and many scores are equal
        Random random = new Random(m * 31L + n);
        double[] q = random.doubles((long) m * d).map(x -> (int) (x * 7) - 3).toArray();
        double[] x = random.doubles((long) n * d).map(v -> (int) (v * 7) - 3).toArray();
        double[] bias = random.doubles(n).map(v -> (int) (v * 5)).toArray();
        Tensor index = Tensor.empty(device, DType.INT32, m, k);
        Tensor score = Tensor.empty(device, m, k).fill(Float.NaN);
        probes.nearestRows(tensor(q, m, d), tensor(x, n, d), tensor(bias, n), index, score);
        assertThat(index.toInts()).containsExactly(NearestRowsReference.index(q, x, bias, m, n, d, k));
        assertThat(score.toFloats()).doesNotContain(Float.NaN);
    }

    @Test
    void nanIsNeverANeighbour() {
        Tensor queries = Tensor.of(device, new float[] {1, Float.NaN}, 2, 1);
        Tensor keys = Tensor.of(device, new float[] {Float.NaN, 1, Float.NaN}, 3, 1);
        Tensor index = Tensor.empty(device, DType.INT32, 2, 2);
        Tensor score = Tensor.empty(device, 2, 2);
        probes.nearestRows(queries, keys, null, index, score);
        assertThat(index.toInts()).containsExactly(1, -1, -1, -1);
    }

    @Test
    void equalLogitsCostTheLogarithmOfTheClasses() {
        Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4}, 2, 2);
        Tensor labels = Tensor.ofInts(device, new int[] {0, 2}, 2);
        Tensor dw = Tensor.empty(device, 2, 3);
        Tensor db = Tensor.empty(device, 3);
        Probes.Fit fit =
                probes.softmaxRegression(x, labels, Tensor.zeros(device, 2, 3), Tensor.zeros(device, 3), dw, db);
        assertThat(fit.loss()).isCloseTo(Math.log(3), within(1e-7));
        assertThat(fit.correct()).isEqualTo(1); // a tie goes to class 0
        assertClose(db, new double[] {-1 / 6.0, 1 / 3.0, -1 / 6.0}, 1e-7);
        assertClose(dw, new double[] {1 / 6.0, 2 / 3.0, -5 / 6.0, 0, 1, -1}, 1e-6);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,31,2", "257,33,10", "1025,129,3", "600,17,101"})
    void regressionAgreesWithTheTruth(int n, int d, int c) {
        Random random = new Random(n);
        double[] x = random.doubles((long) n * d, -1, 1).map(v -> (float) v).toArray();
        double[] w = random.doubles((long) d * c, -1, 1).map(v -> (float) v).toArray();
        double[] b = random.doubles(c, -1, 1).map(v -> (float) v).toArray();
        int[] labels = random.ints(n, 0, c).toArray();
        SoftmaxRegressionReference.Result truth = SoftmaxRegressionReference.at(x, labels, w, b, n, d, c);
        Tensor dw = Tensor.empty(device, d, c).fill(Float.NaN);
        Tensor db = Tensor.empty(device, c).fill(Float.NaN);
        Tensor labelTensor = Tensor.ofInts(device, labels, n);
        Probes.Fit fit = probes.softmaxRegression(tensor(x, n, d), labelTensor, tensor(w, d, c), tensor(b, c), dw, db);
        assertThat(fit.loss()).isCloseTo(truth.loss(), within(2e-6 * Math.max(1, truth.loss())));
        assertClose(dw, truth.dw(), 1e-6);
        assertClose(db, truth.db(), 1e-6);
        float[] once = dw.toFloats();
        probes.softmaxRegression(tensor(x, n, d), labelTensor, tensor(w, d, c), tensor(b, c), dw, db);
        assertThat(dw.toFloats()).containsExactly(once);
        Probes.Fit value =
                probes.softmaxRegression(tensor(x, n, d), labelTensor, tensor(w, d, c), tensor(b, c), null, null);
        assertThat(value).isEqualTo(fit);
        Deferred<Probes.Fit> later = probes.softmaxRegression(
                tensor(x, n, d), labels, tensor(w, d, c), tensor(b, c), dw.fill(Float.NaN), db);
        assertThat(later.get()).isEqualTo(fit);
        assertThat(dw.toFloats()).containsExactly(once);
    }

    @Test
    void logitsOfTenThousandStayFiniteAndNanStaysNan() {
        Tensor x = Tensor.of(device, new float[] {1e4f, -1e4f}, 2, 1);
        Tensor labels = Tensor.ofInts(device, new int[] {0, 0}, 2);
        Tensor w = Tensor.of(device, new float[] {1, -1}, 1, 2);
        Tensor b = Tensor.zeros(device, 2);
        Probes.Fit fit = probes.softmaxRegression(x, labels, w, b, null, null);
        assertThat(fit).isEqualTo(new Probes.Fit(1e4, 1));
        Tensor bad = Tensor.of(device, new float[] {Float.NaN, 1}, 1, 2);
        Probes.Fit poisoned = probes.softmaxRegression(x, labels, bad, b, null, null);
        assertThat(poisoned.loss()).isNaN();
        assertThat(poisoned.correct()).isZero();
    }

    @Test
    void refusesAForeignLabelAndTooManyNeighbours() {
        Tensor x = Tensor.zeros(device, 2, 3);
        Tensor w = Tensor.zeros(device, 3, 4);
        Tensor b = Tensor.zeros(device, 4);
        Tensor labels = Tensor.ofInts(device, new int[] {0, 4}, 2);
        assertThatThrownBy(() -> probes.softmaxRegression(x, labels, w, b, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: expected classes from 0 to 3, got 4 at row 1");
        assertThatThrownBy(() -> probes.softmaxRegression(x, new int[] {-1, 0}, w, b, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: expected classes from 0 to 3, got -1 at row 0");
        assertThatThrownBy(() -> probes.softmaxRegression(x, new int[3], w, b, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels: expected 2, one for each row of x, got 3");
        Tensor index = Tensor.empty(device, DType.INT32, 2, 3);
        Tensor score = Tensor.empty(device, 2, 3);
        assertThatThrownBy(() -> probes.nearestRows(x, x, null, index, score))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected k of at most the number of keys 2")
                .hasMessageEndingWith("got 3");
        assertThatThrownBy(() -> probes.nearestRows(x, w, null, index, score))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("keys: expected shape (3, 3), got (3, 4)");
    }

    private Tensor tensor(double[] values, long... sizes) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(device, floats, sizes);
    }

    private static void assertClose(Tensor actual, double[] expected, double tolerance) {
        double[] values = new double[expected.length];
        float[] floats = actual.toFloats();
        Arrays.setAll(values, i -> floats[i]);
        assertThat(values).usingComparatorWithPrecision(tolerance).containsExactly(expected);
    }
}
