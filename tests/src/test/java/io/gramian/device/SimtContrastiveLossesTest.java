package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.loss.Dcl;
import io.gramian.loss.DenseCl;
import io.gramian.loss.DirectClr;
import io.gramian.loss.GramSide;
import io.gramian.loss.InfoNce;
import io.gramian.loss.KeyQueue;
import io.gramian.loss.MocoV3;
import io.gramian.loss.MultiViewLoss;
import io.gramian.loss.MultiViewNtXent;
import io.gramian.loss.NtXent;
import io.gramian.loss.QueueInfoNce;
import io.gramian.loss.SpectralContrastive;
import io.gramian.loss.UnsignedContrastive;
import io.gramian.reference.DenseMatchReference;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What users call, one step of it on the SIMT device and on the CPU: the same numbers up to float32 rounding. */
class SimtContrastiveLossesTest {
    private static final int N = 37;
    private static final int D = 24;

    static Stream<MultiViewLoss> losses() {
        return Stream.of(
                NtXent.defaults(),
                MultiViewNtXent.defaults(),
                InfoNce.defaults(),
                new InfoNce(0.5f, false, false),
                new DirectClr(16, 0.1f, false),
                new DirectClr(16, 0.5f, true),
                Dcl.defaults(),
                new Dcl(0.1f, true, 0.5f, Dcl.Form.LIGHTLY),
                new Dcl(2, true, 4, Dcl.Form.AUTHORS),
                new UnsignedContrastive(0.15f, UnsignedContrastive.Similarity.SQUARE, false, false),
                new UnsignedContrastive(0.15f, UnsignedContrastive.Similarity.ABSOLUTE, true, true),
                SpectralContrastive.defaults(),
                new SpectralContrastive(10, GramSide.SAMPLES));
    }

    /** Results of one step: the loss, then everything that it wrote. */
    private record Step(double loss, List<float[]> written) {
        void agreesWith(Step cpu) {
            assertThat(loss).isCloseTo(cpu.loss, within(1e-5 * (1 + Math.abs(cpu.loss))));
            for (int k = 0; k < written.size(); k++) {
                float[] there = cpu.written.get(k);
                double[] expected = new double[there.length];
                for (int i = 0; i < there.length; i++) {
                    expected[i] = there[i];
                }
                assertThat(Truth.error(written.get(k), expected)).isLessThanOrEqualTo(2e-5);
            }
        }
    }

    private static Tensor rows(Device device, long seed, int n, int d) {
        return Truth.tensor(device, Truth.gaussian(seed, n * d), n, d);
    }

    @ParameterizedTest
    @MethodSource("losses")
    void lossesOnViews(MultiViewLoss loss) {
        Step[] steps = new Step[2];
        for (Device device : List.of(Device.cpu(), DeviceUnderTest.get())) {
            try (Scope scope = Scope.open()) {
                List<Tensor> views = List.of(rows(device, 1, N, D), rows(device, 2, N, D));
                List<Guarded> gradients = List.of(Guarded.of(device, N, D), Guarded.of(device, N, D));
                double value = loss.valueAndGradient(
                        views, gradients.stream().map(Guarded::tensor).toList());
                assertThat(loss.value(views)).isCloseTo(value, within(1e-6 * (1 + Math.abs(value))));
                steps[device.equals(Device.cpu()) ? 0 : 1] =
                        new Step(value, gradients.stream().map(Guarded::values).toList());
            }
        }
        steps[1].agreesWith(steps[0]);
    }

    /** MoCo: two batches against a queue that takes up the keys in between. */
    private static Step moco(Device device) {
        try (Scope scope = Scope.open();
                KeyQueue queue = KeyQueue.random(device, 4 * N, D, 3)) {
            List<float[]> written = new ArrayList<>();
            double sum = 0;
            for (int batch = 0; batch < 2; batch++) {
                Tensor keys = rows(device, 10 + batch, N, D);
                Guarded dq = Guarded.of(device, N, D);
                sum += QueueInfoNce.defaults()
                        .valueAndGradient(rows(device, 20 + batch, N, D), keys, queue.rows(), dq.tensor());
                queue.enqueue(keys);
                written.add(dq.values());
            }
            written.add(queue.rows().toFloats());
            return new Step(sum, written);
        }
    }

    private static Step mocoV3(Device device) {
        try (Scope scope = Scope.open()) {
            List<Guarded> gradients = List.of(Guarded.of(device, N, D), Guarded.of(device, N, D));
            double loss = MocoV3.defaults()
                    .valueAndGradient(
                            List.of(rows(device, 1, N, D), rows(device, 2, N, D)),
                            List.of(rows(device, 3, N, D), rows(device, 4, N, D)),
                            gradients.stream().map(Guarded::tensor).toList());
            return new Step(loss, gradients.stream().map(Guarded::values).toList());
        }
    }

    private static Step denseCl(Device device) {
        int images = 5;
        int cells = 9;
        try (Scope scope = Scope.open();
                KeyQueue queue = KeyQueue.random(device, 40, D, 5);
                KeyQueue denseQueue = KeyQueue.random(device, 50, 12, 6)) {
            DenseCl.Maps maps = new DenseCl.Maps(
                    rows(device, 1, images, D),
                    rows(device, 2, images, D),
                    rows(device, 3, images * cells, 12),
                    rows(device, 4, images * cells, 12),
                    rows(device, 5, images * cells, 20),
                    rows(device, 6, images * cells, 20),
                    queue.rows(),
                    denseQueue.rows());
            Guarded global = Guarded.of(device, images, D);
            Guarded dense = Guarded.of(device, images * cells, 12);
            DenseCl.Terms terms = DenseCl.defaults().valueAndGradient(maps, global.tensor(), dense.tensor());
            return new Step(terms.loss(), List.of(global.values(), dense.values()));
        }
    }

    @Test
    void lossesAgainstKeys() {
        moco(DeviceUnderTest.get()).agreesWith(moco(Device.cpu()));
        mocoV3(DeviceUnderTest.get()).agreesWith(mocoV3(Device.cpu()));
        denseCl(DeviceUnderTest.get()).agreesWith(denseCl(Device.cpu()));
    }

    @ParameterizedTest
    @CsvSource({"1,1,3", "3,49,20", "2,64,127", "5,129,3", "2,257,33"})
    void matchesAgreeWithTheTruth(int images, int cells, int channels) {
        int rows = images * cells;
        double[] a = Truth.gaussian(1, rows * channels);
        double[] b = Truth.gaussian(2, rows * channels);
        try (Scope scope = Scope.open()) {
            Device device = DeviceUnderTest.get();
            int[] match = DenseCl.matches(
                            Truth.tensor(device, a, rows, channels), Truth.tensor(device, b, rows, channels), cells)
                    .toInts();
            assertThat(match).isEqualTo(DenseMatchReference.value(a, b, images, cells, channels));
        }
    }

    @Test
    void theFirstOfEqualsMatchesAndOfNanTheFirst() {
        // two images of two cells: right and up against (up, left) and (down right, right)
        double[] a = {1, 0, 0, 1, 1, 0, 0, 1};
        double[] b = {0, 3, -1, 0, 2, -2, 9, 0};
        double bad = Double.NaN;
        try (Scope scope = Scope.open()) {
            Device device = DeviceUnderTest.get();
            assertThat(DenseCl.matches(Truth.tensor(device, a, 4, 2), Truth.tensor(device, b, 4, 2), 2)
                            .toInts())
                    .containsExactly(0, 0, 3, 3);
            Tensor equal = Truth.tensor(device, new double[300], 150, 2);
            assertThat(DenseCl.matches(equal, equal.copy(), 150).toInts()).containsOnly(0);
            Tensor holes = Truth.tensor(device, new double[] {bad, 0, 0, 1, 1, 1}, 3, 2);
            Tensor whole = Truth.tensor(device, new double[] {1, 0, 0, 1, 1, 1}, 3, 2);
            assertThat(DenseCl.matches(holes, whole, 3).toInts()).containsExactly(0, 1, 2);
            assertThat(DenseCl.matches(whole, holes, 3).toInts()).containsExactly(0, 0, 0);
        }
    }
}
