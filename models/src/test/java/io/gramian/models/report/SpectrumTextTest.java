package io.gramian.models.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SpectrumTextTest {
    @Test
    void textHasTheMeasuresAndABarForEachRange() {
        String text = SpectrumText.of("two", new double[] {1, 100});
        assertThat(text).startsWith("two\n");
        assertThat(text).containsPattern("condition number +100\n");
        assertThat(text).containsPattern("stable rank +1\n"); // 1.0001
        assertThat(text).containsPattern(" 1  100 +\u2588{40}\n").containsPattern(" 2  1 +\u2588{26}\u258b\n");
        assertThat(SpectrumText.of("many", thousand()).lines().filter(line -> line.contains("\u2588")))
                .hasSize(24);
        assertThat(SpectrumText.of("none", new double[0])).contains("No verdict");
        assertThat(SpectrumText.of("zero", new double[3]))
                .contains("Complete collapse", "infinite")
                .doesNotContain("NaN");
    }

    private static double[] thousand() {
        double[] s = new double[1000];
        Arrays.fill(s, 3);
        return s;
    }
}
