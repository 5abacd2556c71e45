package io.gramian.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContrastiveTest {
    private static final int GUARD = 32;

    private final Device device = Device.cpu();

    @ParameterizedTest
    @CsvSource({"1,1,0.1", "33,31,0.1", "129,127,0.01", "600,64,0.2", "1100,20,0.5"})
    void theBitsDoNotDependOnTheThreads(int n, int d, float temperature) {
        float[][] first = run(1, n, d, temperature);
        for (int threads = 1; threads <= 5; threads++) {
            float[][] again = run(threads, n, d, temperature);
            assertThat(again).as("%d threads", threads).isDeepEqualTo(first);
        }
    }

    /** Gradients of both views and the loss; fails if a byte beside an output changed. */
    private float[][] run(int threads, int n, int d, float temperature) {
        try (Scope scope = Scope.open();
                Stream stream = device.backend().newStream(threads)) {
            Tensor za = gaussian(1, n, d);
            Tensor zb = gaussian(2, n, d);
            Tensor memory = Tensor.empty(device, 2L * n * d + 3 * GUARD).fill(Float.NaN);
            Tensor dza = memory.rows(GUARD, GUARD + (long) n * d).reshape(n, d);
            Tensor dzb = memory.rows(2 * GUARD + (long) n * d, 2 * GUARD + 2L * n * d)
                    .reshape(n, d);
            double loss = new Contrastive(stream)
                    .ntXentGradient(za, zb, temperature, 1, dza, 0, dzb, 0)
                    .value();
            float[] all = memory.toFloats();
            for (int from : new int[] {0, GUARD + n * d, 2 * GUARD + 2 * n * d}) {
                assertThat(Arrays.copyOfRange(all, from, from + GUARD)).containsOnly(Float.NaN);
            }
            assertThat(new Contrastive(stream).ntXent(za, zb, temperature).value())
                    .isEqualTo(loss);
            return new float[][] {dza.toFloats(), dzb.toFloats(), {(float) loss}};
        }
    }

    @ParameterizedTest
    @CsvSource({"2,1,0.1", "33,31,0.1", "129,127,0.01", "600,64,0.2", "1100,20,0.5"})
    void theBitsOfTheFamilyDoNotDependOnTheThreads(int n, int d, float temperature) {
        float[][] first = family(1, n, d, temperature);
        for (int threads = 2; threads <= 5; threads++) {
            assertThat(family(threads, n, d, temperature))
                    .as("%d threads", threads)
                    .isDeepEqualTo(first);
        }
    }

    /** Every loss on two views and every loss against keys: values and gradients. */
    private float[][] family(int threads, int n, int d, float temperature) {
        try (Scope scope = Scope.open();
                Stream stream = device.backend().newStream(threads)) {
            Tensor za = gaussian(1, n, d);
            Tensor zb = gaussian(2, n, d);
            Tensor queue = gaussian(3, 3000, d);
            Contrastive room = new Contrastive(stream);
            ContrastiveKeys keys = new ContrastiveKeys(stream);
            Tensor a = Tensor.empty(device, n, d);
            Tensor b = Tensor.empty(device, n, d);
            List<DoubleSupplier> losses = List.of(
                    () -> room.infoNce(za, zb, d, temperature, true, true, a, b).run()[0],
                    () -> room.infoNce(za, zb, d, temperature, false, false, a, b)
                            .run()[1],
                    () -> room.multiViewNtXent(List.of(za, zb), d, temperature, List.of(a, b))
                            .value(),
                    () -> room.dcl(za, zb, temperature, 0.5f, true, a, b).value(),
                    () -> room.unsigned(za, zb, temperature, true, false, true, a, b)
                            .value(),
                    () -> room.spectral(za, zb, 1, true, a, b).value(),
                    () -> room.spectral(za, zb, 1, false, a, b).value(),
                    () -> keys.queueInfoNce(za, zb, null, queue, temperature, 1, a)
                            .value(),
                    () -> keys.mocoV3(za, zb, temperature, a).value());
            List<float[]> results = new ArrayList<>();
            for (DoubleSupplier loss : losses) {
                a.fill(7);
                b.fill(7);
                results.add(new float[] {(float) loss.getAsDouble()});
                results.add(a.toFloats());
                results.add(b.toFloats());
            }
            return results.toArray(new float[0][]);
        }
    }

    @Test
    void aQueueIsNeverUnrolled() {
        int n = 256;
        int length = 65536;
        try (Scope scope = Scope.open();
                Stream stream = device.backend().newStream(2)) {
            Tensor gradient = Tensor.empty(device, n, 128);
            double loss = new ContrastiveKeys(stream)
                    .queueInfoNce(
                            gaussian(1, n, 128),
                            gaussian(2, n, 128),
                            null,
                            gaussian(3, 512, 128 * 128).reshape(length, 128),
                            10,
                            1,
                            gradient)
                    .value();
            assertThat(loss).isBetween(0.0, 100.0);
            // the logits alone would be 64 MiB
            assertThat(stream.scratchBytes()).isBetween(1L, 16L << 20);
        }
    }

    @Test
    void weightAndBetaMixWithTheOldContent() {
        try (Scope scope = Scope.open()) {
            Tensor za = gaussian(1, 7, 5);
            Tensor zb = gaussian(2, 7, 5);
            Contrastive contrastive = device.backend().contrastive();
            Tensor dza = Tensor.zeros(device, 7, 5);
            Tensor dzb = Tensor.zeros(device, 7, 5);
            contrastive.ntXentGradient(za, zb, 0.5f, 1, dza, 0, dzb, 0).value();
            Tensor mixedA = Tensor.empty(device, 7, 5).fill(4);
            Tensor mixedB = Tensor.empty(device, 7, 5).fill(4);
            contrastive.ntXentGradient(za, zb, 0.5f, 3, mixedA, 0.5f, mixedB, 0).value();
            for (int k = 0; k < 35; k++) {
                assertThat(mixedA.toFloats()[k]).isCloseTo(3 * dza.toFloats()[k] + 2, offset());
                assertThat(mixedB.toFloats()[k]).isCloseTo(3 * dzb.toFloats()[k], offset());
            }
        }
    }

    @Test
    void extraMemoryIsLinearInTheRows() {
        int n = 4096;
        int d = 128;
        try (Scope scope = Scope.open();
                Stream stream = device.backend().newStream(2)) {
            Tensor dza = Tensor.empty(device, n, d);
            Tensor dzb = Tensor.empty(device, n, d);
            new Contrastive(stream)
                    .ntXentGradient(gaussian(1, n, d), gaussian(2, n, d), 0.1f, 1, dza, 0, dzb, 0)
                    .value();
            assertThat(stream.scratchBytes()).isBetween(1L, 32L << 20);
        }
    }

    private static org.assertj.core.data.Offset<Float> offset() {
        return org.assertj.core.api.Assertions.within(1e-6f);
    }

    private Tensor gaussian(long seed, int n, int d) {
        Random random = new Random(seed);
        float[] values = new float[n * d];
        for (int k = 0; k < values.length; k++) {
            values[k] = (float) random.nextGaussian();
        }
        return Tensor.of(device, values, n, d);
    }
}
