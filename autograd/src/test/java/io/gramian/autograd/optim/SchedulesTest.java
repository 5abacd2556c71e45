package io.gramian.autograd.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SchedulesTest {
    @Test
    void warmupThenCosine() {
        Schedule schedule = new WarmupCosine(8, 4, 12, 0.008);
        assertThat(schedule.at(0)).isZero();
        assertThat(schedule.at(2)).isEqualTo(4);
        assertThat(schedule.at(4)).isEqualTo(8);
        assertThat(schedule.at(8)).isCloseTo(4.004, within(1e-12));
        assertThat(schedule.at(12)).isCloseTo(0.008, within(1e-12));
        assertThat(schedule.at(99)).isCloseTo(0.008, within(1e-12));
        assertThat(new WarmupCosine(2, 0, 4, 0).at(0)).isEqualTo(2);
        assertThatThrownBy(() -> new WarmupCosine(1, 5, 5, 0)).hasMessage("total: expected at least 6, got 5");
    }

    @Test
    void lightlysFormStartsAboveZeroAndEndsEarly() {
        Schedule schedule = new LightlyWarmupCosine(1, 6, 30, 0.001);
        assertThat(schedule.at(0)).isCloseTo(1.0 / 6, within(1e-12));
        assertThat(schedule.at(5)).isEqualTo(1);
        assertThat(schedule.at(6)).isCloseTo(1, within(1e-12));
        assertThat(schedule.at(29)).isCloseTo(0.001, within(1e-12));
        assertThat(schedule.at(30)).isEqualTo(0.001);
    }

    @Test
    void momentumRisesToOne() {
        Schedule schedule = new CosineRise(0.99, 1, 10);
        assertThat(schedule.at(0)).isCloseTo(0.99, within(1e-12));
        assertThat(schedule.at(5)).isCloseTo(0.995, within(1e-12));
        assertThat(schedule.at(10)).isEqualTo(1);
        assertThat(Schedule.constant(3).at(7)).isEqualTo(3);
        for (double bad : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThatThrownBy(() -> new CosineRise(bad, 1, 10))
                    .hasMessage("start: expected a number in [0, 1], got " + bad);
        }
    }
}
