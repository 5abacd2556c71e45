package io.gramian.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.backend.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether 1,000 steps of a trainer leave memory behind: in our pools, or resident in the process. */
public final class LeakCheck {
    /** Steps before counting begins: pools fill, code is compiled. */
    private static final int WARM = 200;

    private static final int STEPS = 1000;

    /** Bytes that the process may grow meanwhile: the JVM's own, and pages that an allocator keeps. */
    private static final long GROWTH = 48 << 20;

    private LeakCheck() {}

    /** Runs the step 200 and then 1,000 times, or 2,000; one that leaked 50 kB would be found. */
    public static void thousand(Runnable step) throws IOException {
        Memory memory = Device.cpu().backend().memory();
        for (int i = 0; i < WARM; i++) {
            step.run();
        }
        Memory.Statistics before = memory.statistics();
        long growth = growth(step);
        if (growth >= GROWTH) {
            growth = growth(step); // what the JVM or an allocator takes once is no leak: a leak repeats
        }
        Memory.Statistics after = memory.statistics();
        System.out.printf("1000 steps: process grew by %.1f MB%n", growth / 1e6);
        assertThat(after.liveBlocks()).as("our live blocks").isEqualTo(before.liveBlocks());
        assertThat(after.liveBytes()).as("our live bytes").isEqualTo(before.liveBytes());
        assertThat(after.pooledBytes()).as("our pooled bytes").isEqualTo(before.pooledBytes());
        assertThat(growth).as("growth of the resident process").isLessThan(GROWTH);
    }

    private static long growth(Runnable step) throws IOException {
        System.gc();
        long resident = resident();
        for (int i = 0; i < STEPS; i++) {
            step.run();
        }
        System.gc();
        return resident() - resident;
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }
}
