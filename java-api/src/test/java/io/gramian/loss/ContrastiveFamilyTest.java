package io.gramian.loss;

import static io.gramian.loss.Batches.assertClose;
import static io.gramian.loss.Batches.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.reference.LossAndGradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every contrastive loss on views owes. */
class ContrastiveFamilyTest {
    private static final int GUARD = 16;

    private static final int[][] SIZES = {
        {1, 3}, {2, 1}, {2, 7}, {31, 33}, {33, 31}, {64, 64}, {127, 5}, {129, 127}, {257, 40}, {400, 16}
    };

    static Stream<ContrastiveCases.Case> cases() {
        return ContrastiveCases.all();
    }

    static Stream<ContrastiveCases.Case> differentiable() {
        return cases().filter(one -> !one.constants());
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void theTruthAgreesWithFiniteDifferences(ContrastiveCases.Case one) {
        int n = 4;
        int d = 5;
        double[][] z = views(one, n, d);
        double[][] dz = one.truth().of(z, n, d).gradients();
        double step = 1e-6;
        for (int v = 0; v < z.length; v++) {
            for (int k = 0; k < n * d; k++) {
                double kept = z[v][k];
                z[v][k] = kept + step;
                double above = one.truth().of(z, n, d).loss();
                z[v][k] = kept - step;
                double below = one.truth().of(z, n, d).loss();
                z[v][k] = kept;
                assertThat(dz[v][k]).as("view %d, %d", v, k).isCloseTo((above - below) / (2 * step), within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheTruthAndTouchesNothingElse(ContrastiveCases.Case one) {
        for (int[] size : SIZES) {
            int n = size[0];
            int d = size[1];
            if (n < one.least()) {
                continue;
            }
            double[][] z = views(one, n, d);
            LossAndGradients truth = one.truth().of(z, n, d);
            try (Scope scope = Scope.open()) {
                List<Tensor> views = tensors(z, n, d);
                Tensor memory = Tensor.empty(Device.cpu(), (long) z.length * (n * d + GUARD) + GUARD)
                        .fill(Float.NaN);
                List<Tensor> gradients = IntStream.range(0, z.length)
                        .mapToObj(v -> memory.rows(start(v, n * d), start(v, n * d) + (long) n * d)
                                .reshape(n, d))
                        .toList();
                double scale = 1 + Math.abs(truth.loss());
                assertThat(one.loss().valueAndGradient(views, gradients))
                        .as("loss of %d x %d", n, d)
                        .isCloseTo(truth.loss(), within(one.tolerance() * scale));
                assertThat(one.loss().value(views)).isCloseTo(truth.loss(), within(one.tolerance() * scale));
                double largest = largest(truth.gradients());
                for (int v = 0; v < z.length; v++) {
                    double[] expected = truth.gradients()[v];
                    assertThat(worst(gradients.get(v), expected))
                            .as("gradient %d of %d x %d, largest %s", v, n, d, largest)
                            .isLessThanOrEqualTo(10 * one.tolerance() * largest + 1e-9);
                    assertThat(views.get(v).toFloats())
                            .isEqualTo(tensor(z[v], n, d).toFloats());
                }
                float[] all = memory.toFloats();
                for (int v = 0; v <= z.length; v++) {
                    int from = v * (n * d + GUARD);
                    assertThat(Arrays.copyOfRange(all, from, from + GUARD)).containsOnly(Float.NaN);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theOrderOfImagesAndRotationsDoNotMatter(ContrastiveCases.Case one) {
        int n = 40;
        int d = 12;
        double[][] z = views(one, n, d);
        try (Scope scope = Scope.open()) {
            double loss = one.loss().value(tensors(z, n, d));
            double[][] reversed = new double[z.length][n * d];
            double[][] turned = new double[z.length][n * d];
            for (int v = 0; v < z.length; v++) {
                for (int k = 0; k < n * d; k++) {
                    reversed[v][k] = z[v][(n - 1 - k / d) * d + k % d];
                    double other = z[v][k % 2 == 0 ? k + 1 : k - 1];
                    turned[v][k] = 0.6 * z[v][k] + (k % 2 == 0 ? -0.8 : 0.8) * other;
                }
            }
            double bound = 3 * one.tolerance() * (1 + Math.abs(loss));
            assertThat(one.loss().value(tensors(reversed, n, d))).isCloseTo(loss, within(bound));
            assertThat(one.loss().value(tensors(turned, n, d))).isCloseTo(loss, within(bound));
            List<Tensor> exchanged = new ArrayList<>(tensors(z, n, d));
            Collections.reverse(exchanged);
            if (one.symmetric()) {
                assertThat(one.loss().value(exchanged)).isCloseTo(loss, within(bound));
            } else {
                assertThat(one.loss().value(exchanged)).isNotCloseTo(loss, within(bound));
            }
            double[][] longer = z.clone();
            longer[0] = Arrays.stream(z[0]).map(x -> 1024 * x).toArray();
            if (one.normalized()) {
                assertThat(one.loss().value(tensors(longer, n, d))).isCloseTo(loss, within(bound));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nearlyPerfectPairsKeepTheirDigits(ContrastiveCases.Case one) {
        int n = 40;
        int d = 3;
        double[][] z = views(one, n, d);
        for (int v = 1; v < z.length; v++) {
            for (int k = 0; k < n * d; k++) {
                z[v][k] = (float) (z[0][k] * (1 + 1e-3 * ((k + v) % 3)));
            }
        }
        LossAndGradients truth = one.truth().of(z, n, d);
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = poisoned(one, n, d);
            double loss = one.loss().valueAndGradient(tensors(z, n, d), gradients);
            assertThat(loss).isCloseTo(truth.loss(), within(one.tolerance() * (1e-3 + Math.abs(truth.loss()))));
            for (int v = 0; v < z.length; v++) {
                assertClose(gradients.get(v), truth.gradients()[v], 10 * one.tolerance());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aZeroRowHasNoDirection(ContrastiveCases.Case one) {
        int n = 6;
        int d = 4;
        double[][] z = views(one, n, d);
        Arrays.fill(z[0], 2 * d, 3 * d, 0);
        LossAndGradients truth = one.truth().of(z, n, d);
        try (Scope scope = Scope.open()) {
            List<Tensor> gradients = poisoned(one, n, d);
            double loss = one.loss().valueAndGradient(tensors(z, n, d), gradients);
            assertThat(loss).isCloseTo(truth.loss(), within(one.tolerance() * (1 + Math.abs(loss))));
            for (int v = 0; v < z.length; v++) {
                assertThat(worst(gradients.get(v), truth.gradients()[v]))
                        .isLessThanOrEqualTo(10 * one.tolerance() * largest(truth.gradients()));
            }
            if (one.normalized()) {
                assertThat(gradients.get(0).rows(2, 3).toFloats()).containsOnly(0f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatIsNoNumberIsNotHidden(ContrastiveCases.Case one) {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            double[][] z = views(one, 10, 4);
            z[1][17] = bad;
            try (Scope scope = Scope.open()) {
                List<Tensor> gradients = poisoned(one, 10, 4);
                gradients.forEach(gradient -> gradient.fill(0));
                assertThat(one.loss().valueAndGradient(tensors(z, 10, 4), gradients))
                        .as("loss with %s", bad)
                        .isNaN();
                assertThat(one.loss().value(tensors(z, 10, 4))).isNaN();
                assertThat(gradients.get(1).rows(4, 5).toFloats()).containsOnly(Float.NaN);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theSmallestBatches(ContrastiveCases.Case one) {
        try (Scope scope = Scope.open()) {
            if (one.least() <= 1) {
                List<Tensor> none = IntStream.range(0, one.views())
                        .mapToObj(v -> Tensor.zeros(Device.cpu(), 0, 4))
                        .toList();
                assertThat(one.loss().value(none)).isZero();
                assertThat(one.loss().valueAndGradient(none, poisoned(one, 0, 4)))
                        .isZero();
            }
            // one feature: normalised rows are signs; none: every product is 0
            for (int d = 0; d <= 1; d++) {
                double[][] z = views(one, 3, d);
                LossAndGradients truth = one.truth().of(z, 3, d);
                assertThat(one.loss().valueAndGradient(tensors(z, 3, d), poisoned(one, 3, d)))
                        .as("%d features", d)
                        .isCloseTo(truth.loss(), within(one.tolerance() * (1 + Math.abs(truth.loss()))));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void badArgumentsAreNamed(ContrastiveCases.Case one) {
        MultiViewLoss loss = one.loss();
        try (Scope scope = Scope.open()) {
            List<Tensor> views = tensors(views(one, 5, 3), 5, 3);
            List<Tensor> gradients = poisoned(one, 5, 3);
            assertRefused(() -> loss.value(views.subList(0, 1)), "1");
            assertRefused(() -> loss.valueAndGradient(views, gradients.subList(0, 1)), "gradients");
            assertRefused(() -> loss.value(with(views, 1, Tensor.zeros(Device.cpu(), 4, 3))), "(4, 3)");
            assertRefused(() -> loss.value(with(views, 0, Tensor.zeros(Device.cpu(), 15))), "expected a matrix");
            assertRefused(() -> loss.value(with(views, 1, Tensor.empty(Device.cpu(), DType.FLOAT64, 5, 3))), "FLOAT64");
            assertRefused(() -> loss.valueAndGradient(views, with(gradients, 1, views.get(0))), "overlaps");
            assertRefused(() -> loss.valueAndGradient(views, with(gradients, 1, gradients.get(0))), "overlaps");
            assertRefused(
                    () -> loss.valueAndGradient(views, with(gradients, 0, Tensor.zeros(Device.cpu(), 3, 5))), "(3, 5)");
            Tensor closed = Tensor.zeros(Device.cpu(), 5, 3);
            closed.close();
            assertThatThrownBy(() -> loss.value(with(views, 1, closed)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("was closed");
        }
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String part) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(part);
    }

    private static List<Tensor> with(List<Tensor> tensors, int index, Tensor other) {
        List<Tensor> changed = new ArrayList<>(tensors);
        changed.set(index, other);
        return changed;
    }

    private static long start(int view, int elements) {
        return GUARD + (long) view * (elements + GUARD);
    }

    private static double[][] views(ContrastiveCases.Case one, int n, int d) {
        double[][] z = new double[one.views()][];
        z[0] = Batches.random(n, n, d);
        for (int v = 1; v < z.length; v++) {
            z[v] = Batches.view(z[0], n + 100L * v);
        }
        return z;
    }

    private static List<Tensor> tensors(double[][] z, int n, int d) {
        return Arrays.stream(z).map(view -> tensor(view, n, d)).toList();
    }

    private static List<Tensor> poisoned(ContrastiveCases.Case one, int n, int d) {
        return IntStream.range(0, one.views())
                .mapToObj(v -> Tensor.empty(Device.cpu(), n, d).fill(Float.NaN))
                .toList();
    }

    private static double largest(double[][] gradients) {
        return Arrays.stream(gradients)
                .flatMapToDouble(Arrays::stream)
                .map(Math::abs)
                .max()
                .orElse(0);
    }

    /** NaN is worse than any number. */
    private static double worst(Tensor actual, double[] expected) {
        float[] values = actual.toFloats();
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs(values[i] - expected[i]));
        }
        return worst;
    }
}
