package io.gramian.spectrum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.gramian.spectrum.CollapseVerdict.Kind;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CollapseVerdictTest {
    @Test
    void kindsOfSpectra() {
        assertThat(CollapseVerdict.of(equal(64, 64)).kind()).isEqualTo(Kind.HEALTHY);
        assertThat(CollapseVerdict.of(equal(64, 1)).kind()).isEqualTo(Kind.COMPLETE);
        assertThat(CollapseVerdict.of(equal(64, 20)).kind()).isEqualTo(Kind.DIMENSIONAL);
        assertThat(CollapseVerdict.of(equal(64, 58)).kind()).isEqualTo(Kind.LOW_RANK);
        assertThat(CollapseVerdict.of(new double[] {1, Double.NaN}).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(CollapseVerdict.of(new double[0]).kind()).isEqualTo(Kind.UNKNOWN);
        assertThat(CollapseVerdict.of(new double[8]).kind()).isEqualTo(Kind.COMPLETE);
    }

    @Test
    void numbersBehindTheVerdict() {
        CollapseVerdict verdict = CollapseVerdict.of(equal(64, 16));
        assertThat(verdict.effectiveRank()).isCloseTo(16, within(1e-9));
        assertThat(verdict.deadShare()).isEqualTo(0.75);
        assertThat(verdict.explanation()).contains("effective rank 16.0 of 64; 75 %");
        for (Kind kind : Kind.values()) {
            assertThat(new CollapseVerdict(kind, 4, 2, 0.5).advice()).endsWith(".");
        }
    }

    private static double[] equal(int d, int alive) {
        double[] s = new double[d];
        Arrays.fill(s, 0, alive, 3);
        return s;
    }
}
