package io.gramian.models.ssl;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.autograd.Autograd;
import io.gramian.autograd.Variable;
import io.gramian.autograd.nn.BatchNorm;
import io.gramian.autograd.nn.Generator;
import io.gramian.models.train.ConfigResolver;
import io.gramian.reference.BatchNormReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitBatchTest {
    private static final int N = 12;
    private static final int C = 3;

    private final Device device = Device.cpu();

    @Test
    void everyDrawIsAnotherPermutation() {
        SplitBatch split = new SplitBatch(4, 7);
        int[] inOrder = IntStream.range(0, 100).toArray();
        for (long draw = 0; draw < 20; draw++) {
            int[] order = split.order(100, draw);
            assertThat(order).isNotEqualTo(inOrder).isNotEqualTo(split.order(100, draw + 1));
            assertThat(order).isEqualTo(split.order(100, draw));
            assertThat(Arrays.stream(order).sorted().toArray()).isEqualTo(inOrder);
        }
    }

    /** Each place takes each image equally often: 12 x 12 counts of 200 with a deviation of 14. */
    @Test
    void everyImageGoesEverywhere() {
        SplitBatch split = new SplitBatch(4, 3);
        int[] counts = new int[N * N];
        for (long draw = 0; draw < 200L * N; draw++) {
            int[] order = split.order(N, draw);
            for (int i = 0; i < N; i++) {
                counts[i * N + order[i]]++;
            }
        }
        assertThat(Arrays.stream(counts).boxed())
                .allSatisfy(count -> assertThat(count).isBetween(130, 270));
    }

    @Test
    void groupsHaveStatisticsOfTheirOwnAndKeysComeBackInOrder() {
        try (Scope scope = Scope.open();
                BatchNorm norm = new BatchNorm(device, C, true)) {
            Tensor x = Generator.of(1).normal(device, 1, N, C);
            SplitBatch split = new SplitBatch(3, 5);
            int[] inOrder = IntStream.range(0, N).toArray();
            assertThat(split.queries(x, norm::forward).value().toFloats())
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(expected(x, inOrder));
            Tensor keys = Autograd.noGrad(() -> split.keys(x, norm::forward, 4));
            assertThat(keys.toFloats())
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(expected(x, split.order(N, 4)));
            assertThat(split.keys(x, each -> each, 4).toFloats()).isEqualTo(x.toFloats());
            assertThat(new SplitBatch(1, 5).keys(x, each -> each, 4)).isSameAs(x);
            assertThat(new SplitBatch(1, 5).queries(x, norm::forward).value().toFloats())
                    .isEqualTo(norm.forward(Variable.constant(x)).value().toFloats());
        }
    }

    /** Two parts of a batch, two shuffles each: those that lie ready for a step are those of its draws. */
    @Test
    void shufflesOfAStepAreThoseOfItsDraws() {
        ConfigResolver resolver = new ConfigResolver().option("--method", "method", "moco-v2");
        List.of("batch=" + 2 * N, "accumulate=2", "shuffle.groups=3", "queue.length=24")
                .forEach(resolver::assignment);
        Setup setup = new Setup(device, resolver.resolve().settings(), 10, () -> {
            throw new IllegalStateException("no network is needed");
        });
        long seed = setup.settings().integer("seed");
        try (Scope scope = Scope.open();
                BatchNorm norm = new BatchNorm(device, C, true);
                SplitBatch split = SplitBatch.of(setup, 2)) {
            Tensor x = Generator.of(1).normal(device, 1, N, C);
            for (long step : new long[] {0, 7, 3}) {
                if (step > 0) {
                    split.begin(step);
                }
                for (long draw = 4 * step - 1; draw <= 4 * step + 4; draw++) {
                    assertThat(split.keys(x, norm::forward, draw).toFloats())
                            .isEqualTo(new SplitBatch(3, seed)
                                    .keys(x, norm::forward, draw)
                                    .toFloats());
                }
            }
        }
    }

    /** Rows normalised in three groups of the given order, each at its own place. */
    private static float[] expected(Tensor x, int[] order) {
        float[] values = x.toFloats();
        float[] results = new float[values.length];
        int size = N / 3;
        for (int g = 0; g < 3; g++) {
            double[] group = new double[size * C];
            for (int i = 0; i < group.length; i++) {
                group[i] = values[order[g * size + i / C] * C + i % C];
            }
            BatchNormReference norm = new BatchNormReference(size, C, 1e-5, false);
            double[] ones = {1, 1, 1};
            double[] y = norm.value(
                    group, ones, new double[C], new double[size * C], norm.mean(group), norm.variance(group));
            for (int i = 0; i < group.length; i++) {
                results[order[g * size + i / C] * C + i % C] = (float) y[i];
            }
        }
        return results;
    }
}
