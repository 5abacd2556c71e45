package io.gramian.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.benchmarks.report.Machine;
import io.gramian.benchmarks.report.Results;
import io.gramian.benchmarks.report.Scaling;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadTurnsTest {
    @Test
    void bothTurnsAreTimedAndStandInTheTable() {
        Comparison comparison = Comparisons.named("nt-xent");
        Scaling scaling = ThreadTurns.measure(comparison, comparison.checked().get(0), true);
        assertThat(scaling.oneThreadMillis()).isGreaterThan(0).isFinite();
        assertThat(scaling.allThreadsMillis()).isGreaterThan(0).isFinite();
        assertThat(scaling.timesFaster()).isEqualTo(scaling.oneThreadMillis() / scaling.allThreadsMillis());
        assertThat(scaling.rounds()).isEqualTo(1);
        assertThat(scaling.coresApartNanos()).isGreaterThan(0).isFinite();
        assertThat(scaling.threads()).isEqualTo(Device.cpu().backend().stream().threads());
    }

    @Test
    void theTableHasARowAShape() throws IOException {
        Scaling row = new Scaling("dcl", "2048x128", 4, 120, 31, 3.9, 31, 62);
        String table = new Results(Machine.here(), List.of(), List.of(row)).table();
        assertThat(table).contains("| work | Gramian, 1 thread, ms | 4 threads, ms | times faster | cores apart, ns |");
        assertThat(table).endsWith("| dcl 2048x128 | 120.00 | 31.00 | 3.90 | 62 |\n");
        assertThat(new Results(Machine.here(), List.of(), List.of()).table()).doesNotContain("1 thread");
    }
}
