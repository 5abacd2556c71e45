package io.gramian.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.spectrum.CollapseVerdict;
import io.gramian.spectrum.Diagnosis;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class CollapseCallbackTest {
    @Test
    void everySoManyStepsTheEmbeddingsAreLookedAt() {
        Map<Long, Diagnosis> seen = new TreeMap<>();
        CollapseCallback callback = CollapseCallback.every(10, (diagnosis, step) -> seen.put(step, diagnosis));
        try (PointerScope scope = new PointerScope()) {
            for (int step = 0; step < 21; step++) {
                Tensor embeddings = step < 20 ? torch.randn(256, 16) : torch.ones(256, 16);
                callback.step(embeddings);
            }
        }
        assertThat(seen.keySet()).containsExactly(0L, 10L, 20L);
        assertThat(seen.get(0L).effectiveRank()).isBetween(15.0, 16.0);
        assertThat(seen.get(0L).warns()).isFalse();
        assertThat(seen.get(0L).deviations()).hasSize(16);
        assertThat(seen.get(20L).verdict().kind()).isEqualTo(CollapseVerdict.Kind.COMPLETE);
        assertThat(seen.get(20L).warns()).isTrue();
    }

    @Test
    void otherTensorsAreRefused() {
        try (PointerScope scope = new PointerScope()) {
            CollapseCallback callback = CollapseCallback.every(1);
            assertThatThrownBy(() -> callback.step(torch.zeros(3, 4).to(torch.ScalarType.Double)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("embeddings: expected Float (float32), got Double");
            assertThatThrownBy(() -> callback.step(torch.zeros(3))).hasMessageContaining("expected a matrix (n, d)");
            assertThatThrownBy(() -> CollapseCallback.every(0)).hasMessageContaining("interval");
        }
    }
}
