package io.gramian.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Peak growth of this process's resident memory: the one measure that counts the same for every library. */
final class ResidentMemory {
    private ResidentMemory() {}

    /**
     * Bytes by which the resident memory exceeded its start at most, while the task ran; -1 where the system does not tell.
     */
    static long growth(Runnable task) {
        System.gc();
        long before;
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // 5: resets the high-water mark
            before = read("VmRSS:");
        } catch (IOException unknown) {
            task.run();
            return -1;
        }
        task.run();
        try {
            return Math.max(0, read("VmHWM:") - before);
        } catch (IOException unknown) {
            return -1;
        }
    }

    private static long read(String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("/proc/self/status has no " + field);
    }
}
