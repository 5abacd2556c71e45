package io.gramian.spectrum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.spectrum.CollapseVerdict.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DiagnosisTest {
    private static final int N = 200;
    private static final int D = 16;

    @Test
    void healthyEmbeddings() {
        Diagnosis diagnosis = Diagnosis.of(gaussian(1, D), N, D);
        assertThat(diagnosis.verdict().kind()).isEqualTo(Kind.HEALTHY);
        assertThat(diagnosis.warns()).isFalse();
        assertThat(diagnosis.effectiveRank()).isBetween(15.0, 16.0);
        assertThat(diagnosis.rankMe()).isCloseTo(diagnosis.effectiveRank(), within(1e-3));
        assertThat(diagnosis.meanDeviation()).isCloseTo(0.25, within(0.01)); // 1 / sqrt(16)
        assertThat(diagnosis.deviations()).hasSize(D);
        assertThat(diagnosis.spectrum().singularValues()).hasSize(D);
        assertThat(diagnosis)
                .hasToString(String.format(
                        "effective rank %.1f of 16, RankMe %.1f, std %.4f (even: 0.2500), Healthy",
                        diagnosis.effectiveRank(), diagnosis.rankMe(), diagnosis.meanDeviation()));
    }

    @Test
    void everyWayInGivesTheSame() {
        float[] z = gaussian(2, D);
        FloatBuffer buffer = ByteBuffer.allocateDirect(4 * z.length + 8)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .position(2);
        buffer.duplicate().put(z);
        try (Tensor tensor = Tensor.of(Device.cpu(), z, N, D)) {
            double[] values = Diagnosis.of(tensor).spectrum().singularValues();
            assertThat(Diagnosis.of(z, N, D).spectrum().singularValues()).isEqualTo(values);
            assertThat(Diagnosis.of(buffer, N, D).spectrum().singularValues()).isEqualTo(values);
            assertThat(Diagnosis.of(Device.cpu(), tensor.address(), N, D)
                            .spectrum()
                            .singularValues())
                    .isEqualTo(values);
        }
    }

    @Test
    void collapsesHaveNames() {
        float[] one = new float[N * D];
        java.util.Arrays.fill(one, 0.5f);
        Diagnosis complete = Diagnosis.of(one, N, D);
        assertThat(complete.verdict().kind()).isEqualTo(Kind.COMPLETE);
        assertThat(complete.warning()).startsWith("Complete collapse: ").contains("Lower the learning rate");
        assertThat(complete.meanDeviation()).isCloseTo(0, within(1e-6));

        Diagnosis dimensional = Diagnosis.of(gaussian(3, 4), N, D);
        assertThat(dimensional.verdict().kind()).isEqualTo(Kind.DIMENSIONAL);
        assertThat(dimensional.warns()).isTrue();
        assertThat(dimensional.effectiveRank()).isBetween(3.5, 4.01);

        one[5] = Float.NaN;
        Diagnosis unknown = Diagnosis.of(one, N, D);
        assertThat(unknown.verdict().kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(unknown.warns()).isTrue();
        assertThat(unknown.effectiveRank()).isNaN();
        assertThat(Diagnosis.of(new float[0], 0, D).verdict().kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(Diagnosis.of(new float[0], 3, 0).toString()).contains("No verdict");
    }

    @Test
    void badInputIsRefused() {
        assertThatThrownBy(() -> Diagnosis.of(new float[7], 2, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 8 values");
        assertThatThrownBy(() -> Diagnosis.of(Device.cpu(), 0, 2, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got null");
        assertThatThrownBy(() -> Diagnosis.of(FloatBuffer.allocate(8), 2, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a direct buffer");
    }

    /** Rows with so many dimensions in use. */
    private static float[] gaussian(long seed, int used) {
        Random random = new Random(seed);
        float[] z = new float[N * D];
        for (int i = 0; i < N; i++) {
            for (int k = 0; k < used; k++) {
                z[i * D + k] = (float) random.nextGaussian();
            }
        }
        return z;
    }
}
