package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.backend.Precision;
import io.gramian.backend.Probes;
import io.gramian.backend.Stream;
import io.gramian.reference.NearestRowsReference;
import io.gramian.reference.SoftmaxRegressionReference;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nearest rows and logistic regression of the CUDA sources on the SIMT executor against the float64 truth. */
class SimtProbesTest {
    private final Device device = DeviceUnderTest.get();
    private final Probes probes = device.backend().probes();

    /** m, n, d, k: around tiles of 128, splits of the keys, candidates for 64 and more, all keys. */
    @ParameterizedTest
    @CsvSource({
        "1,1,1,1",
        "2,31,3,7",
        "127,129,5,33",
        "33,513,65,20",
        "129,128,2,128",
        "3,1300,16,200",
        "1,2100,1,31",
        "0,5,4,2",
        "3,4,0,2",
        "2,5,3,0",
        "3,0,4,0"
    })
    void findsTheKeysOfAFullSort(int m, int n, int d, int k) {
        // small whole numbers: every product is exact, and many scores are equal
        Random random = new Random(m * 31L + n);
        double[] q = random.doubles((long) m * d).map(x -> (int) (x * 7) - 3).toArray();
        double[] x = random.doubles((long) n * d).map(v -> (int) (v * 7) - 3).toArray();
        double[] bias = random.doubles(n).map(v -> (int) (v * 5)).toArray();
        int[] expected = NearestRowsReference.index(q, x, bias, m, n, d, k);
        for (int seed = 1; seed <= 2; seed++) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                Tensor index = Tensor.empty(device, DType.INT32, m, k);
                Guarded score = Guarded.shifted(device, seed, m, k);
                Tensor keys = Guarded.shifted(device, seed - 1, n, d).with(x).tensor();
                Tensor queries = Guarded.shifted(device, 2 - seed, m, d).with(q).tensor();
                stream.setPrecision(seed == 1 ? Precision.FLOAT32 : Precision.BFLOAT16); // which it does not follow
                device.backend()
                        .probes(stream)
                        .nearestRows(queries, keys, Truth.tensor(device, bias, n), index, score.tensor());
                assertThat(index.toInts()).containsExactly(expected);
                float[] scores = score.values();
                for (int i = 0; i < m * k; i++) {
                    double s = bias[expected[i]];
                    for (int e = 0; e < d; e++) {
                        s += q[i / k * d + e] * x[expected[i] * d + e];
                    }
                    assertThat((double) scores[i]).isEqualTo(s);
                }
            }
        }
    }

    /** Numbers that round: scores near those of float64, in falling order, of the keys that they name. */
    @ParameterizedTest
    @CsvSource({"33,300,129,20", "130,140,31,5"})
    void scoresAreThoseOfTheirKeys(int m, int n, int d, int k) {
        double[] q = Truth.gaussian(m, m * d);
        double[] x = Truth.gaussian(n, n * d);
        int[] truth = NearestRowsReference.index(q, x, new double[n], m, n, d, k);
        try (Scope scope = Scope.open()) {
            Tensor index = Tensor.empty(device, DType.INT32, m, k);
            Guarded score = Guarded.of(device, m, k);
            probes.nearestRows(
                    Truth.tensor(device, q, m, d), Truth.tensor(device, x, n, d), null, index, score.tensor());
            int[] found = index.toInts();
            float[] scores = score.values();
            double bound = 2e-7 * d; // a product of d terms, each rounded, none much above 10
            for (int i = 0; i < m * k; i++) {
                assertThat((double) scores[i])
                        .isCloseTo(product(q, i / k, x, found[i], d), within(bound))
                        .isCloseTo(product(q, i / k, x, truth[i], d), within(bound));
                assertThat(i % k == 0 || scores[i] <= scores[i - 1]).isTrue();
            }
        }
    }

    private static double product(double[] q, int i, double[] x, int j, int d) {
        double sum = 0;
        for (int e = 0; e < d; e++) {
            sum += q[i * d + e] * x[j * d + e];
        }
        return sum;
    }

    /** Every key beats all before it: the candidates are full again and again. Or none does. */
    @ParameterizedTest
    @CsvSource({"1,900,3", "-1,900,3", "1,400,130", "0,300,40"})
    void keysInOrder(int slope, int n, int k) {
        float[] keys = new float[n];
        int[] expected = new int[k];
        for (int j = 0; j < n; j++) {
            keys[j] = slope * j;
        }
        for (int p = 0; p < k; p++) {
            expected[p] = slope > 0 ? n - 1 - p : p;
        }
        try (Scope scope = Scope.open()) {
            Tensor index = Tensor.empty(device, DType.INT32, 2, k);
            Tensor two = Tensor.of(device, new float[] {1, 1}, 2, 1);
            probes.nearestRows(two, Tensor.of(device, keys, n, 1), null, index, Tensor.empty(device, 2, k));
            assertThat(Arrays.copyOf(index.toInts(), k)).isEqualTo(expected);
            assertThat(Arrays.copyOfRange(index.toInts(), k, 2 * k)).isEqualTo(expected);
        }
    }

    /** NaN and -infinity never; +infinity first. Where no key is left: -1 and -infinity. */
    @Test
    void whatIsNoNeighbour() {
        float inf = Float.POSITIVE_INFINITY;
        try (Scope scope = Scope.open()) {
            Tensor queries = Tensor.of(device, new float[] {1, Float.NaN, -1, 0}, 4, 1);
            Tensor keys = Tensor.of(device, new float[] {Float.NaN, 1, inf, -inf, 2}, 5, 1);
            Tensor index = Tensor.empty(device, DType.INT32, 4, 4);
            Guarded score = Guarded.of(device, 4, 4);
            probes.nearestRows(queries, keys, null, index, score.tensor());
            assertThat(index.toInts()).containsExactly(2, 4, 1, -1, -1, -1, -1, -1, 3, 1, 4, -1, 1, 4, -1, -1);
            assertThat(score.values())
                    .containsExactly(inf, 2, 1, -inf, -inf, -inf, -inf, -inf, inf, -1, -2, -inf, 0, 0, -inf, -inf);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "2,31,2", "257,33,10", "130,129,3", "300,17,101", "127,64,129", "5,0,3"})
    void regressionAgreesWithTheTruth(int n, int d, int c) {
        Random random = new Random(n);
        double[] x = random.doubles((long) n * d, -1, 1).map(v -> (float) v).toArray();
        double[] w = random.doubles((long) d * c, -1, 1).map(v -> (float) v).toArray();
        double[] b = random.doubles(c, -1, 1).map(v -> (float) v).toArray();
        int[] labels = random.ints(n, 0, c).toArray();
        SoftmaxRegressionReference.Result truth = SoftmaxRegressionReference.at(x, labels, w, b, n, d, c);
        float[] first = null;
        for (int seed = 1; seed <= 2; seed++) {
            try (Scope scope = Scope.open();
                    Stream stream = DeviceUnderTest.stream(device, seed)) {
                Probes room = device.backend().probes(stream);
                Guarded dw = Guarded.shifted(device, seed, d, c);
                Guarded db = Guarded.shifted(device, seed, c);
                Tensor tx = Guarded.shifted(device, seed - 1, n, d).with(x).tensor();
                Tensor y = Tensor.ofInts(device, labels, n);
                Tensor tw = Truth.tensor(device, w, d, c);
                Tensor tb = Truth.tensor(device, b, c);
                Probes.Fit fit = room.softmaxRegression(tx, y, tw, tb, dw.tensor(), db.tensor());
                assertThat(fit.loss()).isCloseTo(truth.loss(), within(5e-7 * Math.max(1, truth.loss())));
                assertThat(fit).isEqualTo(room.softmaxRegression(tx, y, tw, tb, null, null));
                assertThat(device.backend()
                                .probes()
                                .softmaxRegression(tx, labels, tw, tb, null, null)
                                .get())
                        .isEqualTo(fit);
                assertClose(dw.values(), truth.dw());
                assertClose(db.values(), truth.db());
                first = first == null ? dw.values() : first;
                assertThat(dw.values()).isEqualTo(first);
                assertThat(fit.correct())
                        .isEqualTo(Device.cpu()
                                .backend()
                                .probes()
                                .softmaxRegression(
                                        Truth.tensor(Device.cpu(), x, n, d),
                                        Tensor.ofInts(Device.cpu(), labels, n),
                                        Truth.tensor(Device.cpu(), w, d, c),
                                        Truth.tensor(Device.cpu(), b, c),
                                        null,
                                        null)
                                .correct());
            }
        }
    }

    /** Gradients of a mean: at most 1, made of float32 logits up to about 10. */
    private static void assertClose(float[] actual, double[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i]).as("element %d", i).isCloseTo(expected[i], within(1e-6));
        }
    }

    @Test
    void logitsOfTenThousandStayFiniteAndNanStaysNan() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1e4f, -1e4f}, 2, 1);
            Tensor labels = Tensor.ofInts(device, new int[] {0, 0}, 2);
            Tensor w = Tensor.of(device, new float[] {1, -1}, 1, 2);
            Tensor b = Tensor.zeros(device, 2);
            assertThat(probes.softmaxRegression(x, labels, w, b, null, null)).isEqualTo(new Probes.Fit(1e4, 1));
            Tensor bad = Tensor.of(device, new float[] {Float.NaN, 1}, 1, 2);
            Tensor dw = Tensor.empty(device, 1, 2);
            Probes.Fit poisoned = probes.softmaxRegression(x, labels, bad, b, dw, Tensor.empty(device, 2));
            assertThat(poisoned.loss()).isNaN();
            assertThat(poisoned.correct()).isZero();
            assertThat(dw.toFloats()).containsOnly(Float.NaN);
        }
    }

    @Test
    void equalLogitsCostTheLogarithmOfTheClasses() {
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.of(device, new float[] {1, 2, 3, 4}, 2, 2);
            Tensor labels = Tensor.ofInts(device, new int[] {0, 2}, 2);
            Tensor zero = Tensor.zeros(device, 2, 3);
            Tensor dw = Tensor.empty(device, 2, 3);
            Tensor db = Tensor.empty(device, 3);
            Probes.Fit fit = probes.softmaxRegression(x, labels, zero, Tensor.zeros(device, 3), dw, db);
            assertThat(fit.loss()).isCloseTo(Math.log(3), within(1e-7));
            assertThat(fit.correct()).isEqualTo(1); // a tie goes to class 0
            assertClose(db.toFloats(), new double[] {-1 / 6.0, 1 / 3.0, -1 / 6.0});
            assertClose(dw.toFloats(), new double[] {1 / 6.0, 2 / 3.0, -5 / 6.0, 0, 1, -1});
        }
    }

    @Test
    void badInputIsNamed() {
        Device cpu = Device.cpu();
        try (Scope scope = Scope.open()) {
            Tensor x = Tensor.zeros(device, 2, 3);
            Tensor w = Tensor.zeros(device, 3, 4);
            Tensor b = Tensor.zeros(device, 4);
            Tensor labels = Tensor.ofInts(device, new int[] {0, 4}, 2);
            assertThatThrownBy(() -> probes.softmaxRegression(x, labels, w, b, null, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("labels: expected classes from 0 to 3, got 4 at row 1");
            Tensor there = Tensor.ofInts(cpu, new int[] {0, 1}, 2);
            assertThatThrownBy(() -> probes.softmaxRegression(x, there, w, b, null, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(
                            "expected tensors on " + device + ", where this operation runs, got INT32 (2) on cpu");
            Tensor index = Tensor.empty(device, DType.INT32, 2, 2);
            Tensor score = Tensor.empty(device, 2, 2);
            Tensor bias = Tensor.zeros(cpu, 2);
            assertThatThrownBy(() -> probes.nearestRows(x, x, bias, index, score))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("expected tensors on " + device);
            assertThatThrownBy(() -> probes.nearestRows(x, Tensor.zeros(cpu, 2, 3), null, index, score))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("on " + device, "on cpu");
            assertThatThrownBy(() -> probes.nearestRows(x, x.rows(0, 1), null, index, score))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected k of at most the number of keys 1");
        }
    }
}
