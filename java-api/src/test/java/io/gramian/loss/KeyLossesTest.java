package io.gramian.loss;

import static io.gramian.loss.Batches.assertClose;
import static io.gramian.loss.Batches.random;
import static io.gramian.loss.Batches.tensor;
import static io.gramian.loss.Batches.view;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.KeyInfoNceReference;
import io.gramian.reference.LossAndGradients;
import io.gramian.reference.NormalizeRowsReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MoCo's queue loss, MoCo v3, and the queue itself. */
class KeyLossesTest {
    private final Device device = Device.cpu();

    @Test
    void oneQueryTwoNegativesByHand() {
        // cosines: 1 with the key, 0 and -1 with the queue; temperature 1
        double total = Math.E + 1 + 1 / Math.E;
        try (Scope scope = Scope.open()) {
            Tensor query = tensor(new double[] {2, 0}, 1, 2);
            Tensor key = tensor(new double[] {3, 0}, 1, 2);
            Tensor queue = tensor(new double[] {0, 1, -1, 0}, 2, 2);
            Tensor gradient = Tensor.empty(device, 1, 2).fill(Float.NaN);
            assertThat(new QueueInfoNce(1).valueAndGradient(query, key, queue, gradient))
                    .isCloseTo(Math.log(total) - 1, within(1e-7));
            // along the query nothing; across it the first negative's probability, over the query's length
            assertThat(gradient.toFloats()).containsExactly(new float[] {0, (float) (1 / total / 2)}, within(1e-7f));
        }
    }

    @ParameterizedTest
    @CsvSource({"0.2", "0.05"})
    void theTruthAgreesWithFiniteDifferences(double temperature) {
        int n = 3;
        int d = 4;
        double[] q = random(1, n, d);
        double[] k = view(q, 2);
        double[] queue = NormalizeRowsReference.value(random(3, 5, d), 5, d, 1e-12);
        int[] match = {2, 0, 2};
        double[] dq =
                KeyInfoNceReference.queue(q, k, match, queue, d, temperature).gradients()[0];
        double[] dv3 = KeyInfoNceReference.mocoV3(q, k, n, d, temperature).gradients()[0];
        for (int i = 0; i < n * d; i++) {
            double[] above = q.clone();
            double[] below = q.clone();
            above[i] += 1e-6;
            below[i] -= 1e-6;
            double moco = KeyInfoNceReference.queue(above, k, match, queue, d, temperature)
                            .loss()
                    - KeyInfoNceReference.queue(below, k, match, queue, d, temperature)
                            .loss();
            double v3 = KeyInfoNceReference.mocoV3(above, k, n, d, temperature).loss()
                    - KeyInfoNceReference.mocoV3(below, k, n, d, temperature).loss();
            assertThat(dq[i]).isCloseTo(moco / 2e-6, within(1e-6));
            assertThat(dv3[i]).isCloseTo(v3 / 2e-6, within(1e-6));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,3,0.2",
        "2,95,1,0.5",
        "31,97,33,0.07",
        "33,129,31,0.01",
        "127,1025,5,0.2",
        "129,2,127,0.1",
        "257,3000,20,0.2",
        "256,257,128,0.07",
        "300,31,12,0.003"
    })
    void aQueueAgreesWithTheTruth(int n, int length, int d, float temperature) {
        double[] q = random(n, n, d);
        double[] k = view(q, n + 1);
        double[] queue = floats(NormalizeRowsReference.value(random(n + 2, length, d), length, d, 1e-12));
        int[] match = IntStream.range(0, n).toArray();
        LossAndGradients truth = KeyInfoNceReference.queue(q, k, match, queue, d, temperature);
        double tolerance = 4e-6 * (1 + 0.1 / temperature);
        try (Scope scope = Scope.open()) {
            QueueInfoNce loss = new QueueInfoNce(temperature);
            Tensor memory = Tensor.empty(device, n + 2L, d).fill(Float.NaN);
            Tensor gradient = memory.rows(1, n + 1L);
            Tensor negatives = tensor(queue, length, d);
            double value = loss.valueAndGradient(tensor(q, n, d), tensor(k, n, d), negatives, gradient);
            assertThat(value).isCloseTo(truth.loss(), within(tolerance * (1 + truth.loss())));
            assertThat(loss.value(tensor(q, n, d), tensor(k, n, d), negatives))
                    .isCloseTo(truth.loss(), within(tolerance * (1 + truth.loss())));
            if (truth.loss() > 1e-6 && d > 1) {
                assertClose(gradient, truth.gradients()[0], 20 * tolerance);
            }
            float[] all = memory.toFloats();
            assertThat(Arrays.copyOf(all, d)).containsOnly(Float.NaN);
            assertThat(Arrays.copyOfRange(all, (n + 1) * d, (n + 2) * d)).containsOnly(Float.NaN);
            float[] first = gradient.toFloats();
            loss.valueAndGradient(tensor(q, n, d), tensor(k, n, d), negatives, gradient);
            assertThat(gradient.toFloats()).isEqualTo(first);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,3,0.2", "2,1,1", "31,33,0.2", "33,31,0.05", "129,5,0.1", "257,127,0.5", "1100,8,0.2"})
    void mocoV3AgreesWithTheTruth(int n, int d, float temperature) {
        double[][] q = {random(n, n, d), random(n + 1, n, d)};
        double[][] k = {view(q[1], n + 2), view(q[0], n + 3)};
        LossAndGradients first = KeyInfoNceReference.mocoV3(q[0], k[1], n, d, temperature);
        LossAndGradients second = KeyInfoNceReference.mocoV3(q[1], k[0], n, d, temperature);
        double truth = first.loss() + second.loss();
        double tolerance = 4e-6 * (1 + 0.1 / temperature);
        try (Scope scope = Scope.open()) {
            List<Tensor> queries = List.of(tensor(q[0], n, d), tensor(q[1], n, d));
            List<Tensor> keys = List.of(tensor(k[0], n, d), tensor(k[1], n, d));
            List<Tensor> gradients = List.of(
                    Tensor.empty(device, n, d).fill(Float.NaN),
                    Tensor.empty(device, n, d).fill(Float.NaN));
            MocoV3 loss = new MocoV3(temperature);
            assertThat(loss.valueAndGradient(queries, keys, gradients))
                    .isCloseTo(truth, within(tolerance * (1 + truth)));
            assertThat(loss.value(queries, keys)).isCloseTo(truth, within(tolerance * (1 + truth)));
            if (d > 1 && n > 1) {
                assertClose(gradients.get(0), first.gradients()[0], 20 * tolerance);
                assertClose(gradients.get(1), second.gradients()[0], 20 * tolerance);
            } else {
                assertThat(gradients.get(0).toFloats()).containsOnly(0f);
            }
        }
    }

    @Test
    void theOrderOfTheQueueAndRotationsDoNotMatter() {
        int n = 20;
        int d = 6;
        int length = 2500;
        double[] q = random(1, n, d);
        double[] k = view(q, 2);
        double[] queue = floats(NormalizeRowsReference.value(random(3, length, d), length, d, 1e-12));
        try (Scope scope = Scope.open()) {
            QueueInfoNce loss = QueueInfoNce.defaults();
            double value = loss.value(tensor(q, n, d), tensor(k, n, d), tensor(queue, length, d));
            Tensor backwards = tensor(reversed(queue, d), length, d);
            assertThat(loss.value(tensor(reversed(q, d), n, d), tensor(reversed(k, d), n, d), backwards))
                    .isCloseTo(value, within(2e-6));
            Tensor turnedQueue = tensor(turned(queue), length, d);
            assertThat(loss.value(tensor(turned(q), n, d), tensor(turned(k), n, d), turnedQueue))
                    .isCloseTo(value, within(5e-6));
        }
    }

    @Test
    void nearlyPerfectPairsKeepTheirDigits() {
        int n = 30;
        int d = 16;
        double[] q = random(5, n, d);
        double[] k = floats(IntStream.range(0, n * d)
                .mapToDouble(i -> q[i] * (1 + 1e-3 * (i % 3)))
                .toArray());
        double[] queue = floats(NormalizeRowsReference.value(random(6, 200, d), 200, d, 1e-12));
        int[] match = IntStream.range(0, n).toArray();
        LossAndGradients truth = KeyInfoNceReference.queue(q, k, match, queue, d, 0.05f);
        try (Scope scope = Scope.open()) {
            Tensor gradient = Tensor.empty(device, n, d);
            double loss = new QueueInfoNce(0.05f)
                    .valueAndGradient(tensor(q, n, d), tensor(k, n, d), tensor(queue, 200, d), gradient);
            assertThat(truth.loss()).isBetween(1e-7, 1e-2);
            assertThat(loss).isCloseTo(truth.loss(), within(3e-5 * truth.loss()));
            assertClose(gradient, truth.gradients()[0], 1e-4);
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0.2f, 1e-30f})
    void emptyZeroAndWhatIsNoNumber(float temperature) {
        QueueInfoNce loss = new QueueInfoNce(temperature);
        try (Scope scope = Scope.open()) {
            Tensor queue = tensor(new double[] {0, 1, -1, 0}, 2, 2);
            Tensor none = Tensor.zeros(device, 0, 2);
            assertThat(loss.valueAndGradient(none, none, queue, none.copy())).isZero();
            Tensor one = tensor(new double[] {1, 1}, 1, 2);
            Tensor gradient = Tensor.empty(device, 1, 2).fill(Float.NaN);
            assertThat(loss.valueAndGradient(one, one, none, gradient)).isZero();
            assertThat(gradient.toFloats()).containsOnly(0f);
            Tensor flat = Tensor.zeros(device, 3, 0);
            assertThat(loss.valueAndGradient(flat, flat, Tensor.zeros(device, 5, 0), Tensor.zeros(device, 3, 0)))
                    .isCloseTo(Math.log(6), within(1e-6));
            Tensor zero = Tensor.zeros(device, 1, 2);
            assertThat(loss.valueAndGradient(zero, one, queue, gradient)).isCloseTo(Math.log(3), within(1e-6));
            assertThat(gradient.toFloats()).containsOnly(0f);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                Tensor two = tensor(new double[] {1, bad}, 1, 2);
                assertThat(loss.valueAndGradient(two, one, queue, gradient)).isNaN();
                assertThat(gradient.toFloats()).containsOnly(Float.NaN);
                assertThat(loss.value(one, two, queue)).isNaN();
                assertThat(loss.value(one, one, tensor(new double[] {0, 1, bad, 0}, 2, 2)))
                        .isNaN();
            }
        }
    }

    @Test
    void theQueueGoesAround() {
        try (Scope scope = Scope.open();
                KeyQueue queue = KeyQueue.random(device, 6, 3, 1)) {
            float[] before = queue.rows().toFloats();
            for (int i = 0; i < 6; i++) {
                double norm = Math.hypot(Math.hypot(before[3 * i], before[3 * i + 1]), before[3 * i + 2]);
                assertThat(norm).isCloseTo(1, within(1e-6));
            }
            queue.enqueue(tensor(new double[] {2, 0, 0, 0, 0, 5}, 2, 3));
            assertThat(queue.position()).isEqualTo(2);
            assertThat(queue.rows().rows(0, 2).toFloats()).containsExactly(1, 0, 0, 0, 0, 1);
            assertThat(Arrays.copyOfRange(queue.rows().toFloats(), 6, 18)).isEqualTo(Arrays.copyOfRange(before, 6, 18));
            queue.enqueue(tensor(random(1, 2, 3), 2, 3));
            queue.enqueue(tensor(random(2, 2, 3), 2, 3));
            assertThat(queue.position()).isZero();
            assertRefused(
                    () -> queue.enqueue(tensor(random(1, 7, 3), 7, 3)),
                    "keys: expected at most the 6 rows of the queue, got 7; use a longer queue or a smaller batch");
            // 4 rows and 4 more: the last two go on at the first row
            queue.enqueue(tensor(new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, 4, 3));
            queue.enqueue(tensor(new double[] {0, 2, 0, 0, 0, 2, 2, 0, 0, 0, 2, 0}, 4, 3));
            assertThat(queue.position()).isEqualTo(2);
            assertThat(queue.rows().toFloats()).containsExactly(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1);
            assertThat(queue.position(5).position()).isEqualTo(5);
            assertRefused(() -> queue.position(6), "position: expected from 0 to below the 6 rows, got 6");
            assertRefused(
                    () -> queue.enqueue(tensor(random(1, 3, 2), 3, 2)), "keys: expected shape (3, 3), got (3, 2)");
            assertRefused(
                    () -> KeyQueue.of(Tensor.zeros(device, 4, 2), 4),
                    "position: expected from 0 to below the 4 rows, got 4");
            try (KeyQueue again = KeyQueue.of(queue.rows().copy(), 4)) {
                assertThat(again.position()).isEqualTo(4);
                assertThat(again.rows().toFloats()).isEqualTo(queue.rows().toFloats());
            }
        }
    }

    @Test
    void badArgumentsAreNamed() {
        assertRefused(() -> new QueueInfoNce(0), "temperature: expected a finite number above 0, got 0.0");
        assertRefused(() -> new MocoV3(Float.NaN), "temperature: expected a finite number above 0, got NaN");
        assertRefused(
                () -> new MocoV3(1e-35f),
                "temperature: expected a number from 1e-30 to 1e30, got " + (double) 1e-35f
                        + "; beyond, quotients leave the range of float32");
        QueueInfoNce loss = QueueInfoNce.defaults();
        try (Scope scope = Scope.open()) {
            Tensor q = Tensor.zeros(device, 3, 2);
            Tensor k = Tensor.zeros(device, 3, 2);
            Tensor queue = Tensor.zeros(device, 8, 2);
            assertRefused(
                    () -> loss.value(q, Tensor.zeros(device, 4, 2), queue), "keys: expected shape (3, 2), got (4, 2)");
            assertRefused(
                    () -> loss.value(q, k, Tensor.zeros(device, 2, 8)), "queue: expected shape (2, 2), got (2, 8)");
            assertRefused(
                    () -> loss.value(q, k, Tensor.zeros(device, 16)),
                    "queue: expected a matrix (n, d), got shape (16)");
            assertRefused(
                    () -> loss.valueAndGradient(q, k, queue, q),
                    "gradient overlaps queries: expected separate memory; give gradient a tensor of its own");
            assertRefused(
                    () -> loss.valueAndGradient(q, k, queue, queue.rows(2, 5)),
                    "gradient overlaps queue: expected separate memory; give gradient a tensor of its own");
            assertRefused(() -> new MocoV3(1).value(List.of(q), List.of(k, k)), "queries: expected 2 entries, got 1");
            assertRefused(
                    () -> new MocoV3(1).valueAndGradient(List.of(q, q), List.of(k, k), List.of(queue.rows(0, 3), k)),
                    "gradients[1] overlaps keys[0]: expected separate memory; give gradients[1] a tensor of its own");
            Tensor closed = Tensor.zeros(device, 3, 2);
            closed.close();
            assertThatThrownBy(() -> loss.value(q, closed, queue))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was closed");
        }
    }

    private static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    private static double[] floats(double[] values) {
        return Arrays.stream(values).map(x -> (float) x).toArray();
    }

    private static double[] reversed(double[] z, int d) {
        int n = z.length / d;
        return IntStream.range(0, z.length)
                .mapToDouble(k -> z[(n - 1 - k / d) * d + k % d])
                .toArray();
    }

    private static double[] turned(double[] z) {
        return floats(IntStream.range(0, z.length)
                .mapToDouble(k -> 0.6 * z[k] + (k % 2 == 0 ? -0.8 * z[k + 1] : 0.8 * z[k - 1]))
                .toArray());
    }
}
