package io.gramian.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AgreementTest {
    private static final Map<String, float[]> OURS =
            Map.of("loss", new float[] {2}, "gradient", new float[] {3, -4, 0});

    private static String compare(Map<String, float[]> theirs) {
        return Agreement.compare("nt-xent 2x2, peer", OURS, theirs, 1e-3);
    }

    private static void refuses(String message, Map<String, float[]> theirs) {
        assertThatThrownBy(() -> compare(theirs))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(message);
    }

    @Test
    void differencesCountAgainstTheNorm() {
        assertThat(compare(OURS)).isEqualTo("2 result(s) agree, at most 0.0e+00 apart (loss)");
        // 0.0025 of the norm 5
        assertThat(compare(Map.of("loss", new float[] {2}, "gradient", new float[] {3, -4, 0.0025f})))
                .isEqualTo("2 result(s) agree, at most 5.0e-04 apart (gradient)");
        refuses(
                "nt-xent 2x2, peer: gradient differs from ours by 2.00e-03 of its norm, allowed are 1e-03",
                Map.of("loss", new float[] {2}, "gradient", new float[] {3.01f, -4, 0}));
    }

    @Test
    void whatIsMissingOrNoNumberDiffers() {
        refuses("expected the results [gradient, loss], got [loss]", Map.of("loss", new float[] {2}));
        refuses("expected 3 elements, got 2", Map.of("loss", new float[] {2}, "gradient", new float[] {3, -4}));
        refuses(
                "loss differs from ours by 1.00e-04 of its norm, allowed are 1e-05",
                Map.of("loss", new float[] {2.0002f}, "gradient", new float[] {3, -4, 0}));
        refuses("differs", Map.of("loss", new float[] {Float.NaN}, "gradient", new float[] {3, -4, 0}));
        assertThatThrownBy(() -> Agreement.compare(
                        "x", Map.of("loss", new float[] {0}), Map.of("loss", new float[] {1e-9f}), 1e-3))
                .hasMessageContaining("differs");
    }

    @Test
    void oursGivesTheSameTwice() {
        for (Comparison comparison : Comparisons.ALL) {
            String shape = comparison.checked().get(0);
            try (Workload first = comparison.create(Comparison.OURS, shape);
                    Workload second = comparison.create(Comparison.OURS, shape)) {
                assertThat(Agreement.compare(comparison.name(), first.results(), second.results(), 0))
                        .contains("at most 0.0e+00 apart");
            }
        }
    }
}
