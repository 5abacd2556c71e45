package io.gramian.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.backend.Memory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether 1,000 steps of a trainer leave memory behind: in our pools, on the Java heap, or resident in the process. The tests
 * run with a heap that is resident from the start (their pom says so), so that garbage, whose amount depends on when the
 * collector gets to run, is not taken for native memory.
 */
public final class LeakCheck {
    /** Steps before counting begins: pools fill, code is compiled. */
    private static final int WARM = 200;

    private static final int STEPS = 1000;

    /** Bytes that the process may grow meanwhile: the JVM's own, and pages that an allocator keeps. */
    private static final long GROWTH = 48 << 20;

    /** Bytes that the Java heap may hold more when it was collected: classes and tables of a trainer. */
    private static final long OBJECTS = 4 << 20;

    private LeakCheck() {}

    /** Runs the step 200 and then 1,000 times; one that leaked 50 kB, or 4 kB of the Java heap, would be found. */
    public static void thousand(Runnable step) throws IOException {
        MemoryUsage heap = heap();
        assertThat(heap.getCommitted()).as("heap at the start, -Xms").isEqualTo(heap.getMax());
        assertThat(ManagementFactory.getRuntimeMXBean().getInputArguments()).contains("-XX:+AlwaysPreTouch");
        Memory memory = Device.cpu().backend().memory();
        for (int i = 0; i < WARM; i++) {
            step.run();
        }
        Memory.Statistics before = memory.statistics();
        System.gc();
        long objects = heap().getUsed();
        long resident = resident();
        for (int i = 0; i < STEPS; i++) {
            step.run();
        }
        System.gc();
        objects = heap().getUsed() - objects;
        resident = resident() - resident;
        Memory.Statistics after = memory.statistics();
        System.out.printf("1000 steps: process grew by %.1f MB, objects by %.1f MB%n", resident / 1e6, objects / 1e6);
        assertThat(after.liveBlocks()).as("our live blocks").isEqualTo(before.liveBlocks());
        assertThat(after.liveBytes()).as("our live bytes").isEqualTo(before.liveBytes());
        assertThat(after.pooledBytes()).as("our pooled bytes").isEqualTo(before.pooledBytes());
        assertThat(objects).as("growth of the Java heap").isLessThan(OBJECTS);
        assertThat(resident).as("growth of the resident process").isLessThan(GROWTH);
    }

    private static MemoryUsage heap() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
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
