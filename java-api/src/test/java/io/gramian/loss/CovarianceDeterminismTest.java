package io.gramian.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.jni.Kernels;
import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.LongPointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Same input, same bits, whatever the number of threads; and nothing is written beside the gradients. */
class CovarianceDeterminismTest {
    private static final int GUARD = 64;

    private final Kernels kernels = Device.cpu().backend().kernels();

    @ParameterizedTest
    @CsvSource({"257,129", "129,1100", "70,4200", "600,520"})
    void sameBitsWithAnyNumberOfThreads(int n, int d) {
        double[] a = Batches.random(n, n, d);
        double[] b = Batches.view(a, d);
        try (Scope scope = Scope.open()) {
            Tensor x = Batches.tensor(a, n, d);
            Tensor y = Batches.tensor(b, n, d);
            for (int side : new int[] {Kernels.GRAMIAN_GRAM_FEATURES, Kernels.GRAMIAN_GRAM_SAMPLES}) {
                float[] once = run(1, side, n, d, x, y);
                assertThat(run(1, side, n, d, x, y)).isEqualTo(once);
                assertThat(run(2, side, n, d, x, y)).isEqualTo(once);
                assertThat(run(5, side, n, d, x, y)).isEqualTo(once);
            }
        }
    }

    /** Gradients of Barlow Twins and VICReg, in one array. */
    private float[] run(int threads, int side, int n, int d, Tensor x, Tensor y) {
        Device device = Device.cpu();
        long size = (long) n * d;
        try (Scope scope = Scope.open();
                LongPointer context = new LongPointer(1);
                DoublePointer value = new DoublePointer(3)) {
            assertThat(kernels.gramian_context_create(0, threads, 0, context.address()))
                    .isEqualTo(Kernels.GRAMIAN_OK);
            Tensor all = Tensor.empty(device, 4 * size + GUARD).fill(12345);
            long at = all.address();
            assertThat(kernels.gramian_barlow_twins(
                            context.get(),
                            n,
                            d,
                            x.address(),
                            y.address(),
                            0.005f,
                            1e-5f,
                            0,
                            1,
                            side,
                            value.address(),
                            at,
                            at + 4 * size))
                    .isEqualTo(Kernels.GRAMIAN_OK);
            assertThat(kernels.gramian_vicreg(
                            context.get(),
                            n,
                            d,
                            x.address(),
                            y.address(),
                            25,
                            25,
                            1,
                            1e-4f,
                            1,
                            0.5f,
                            side,
                            value.address(),
                            at + 8 * size,
                            at + 12 * size))
                    .isEqualTo(Kernels.GRAMIAN_OK);
            kernels.gramian_context_destroy(context.get());
            float[] values = all.toFloats();
            float[] guard = Arrays.copyOfRange(values, (int) (4 * size), values.length);
            assertThat(guard).containsOnly(12345f);
            return values;
        }
    }
}
