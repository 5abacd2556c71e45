package io.gramian.benchmarks.gpu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What the driver's own program tells about the first GPU; {@code unknown} where it is not installed. */
final class NvidiaSmi {
    private static final String UNKNOWN = "unknown";

    private NvidiaSmi() {}

    /** Version of the driver, as in {@code 580.159.04}. */
    static String driver() {
        return ask("driver_version");
    }

    /** Clocks now and at most, power limit and temperature, in one line. */
    static String clocks() {
        String[] values = ask("clocks.sm,clocks.max.sm,clocks.mem,power.limit,temperature.gpu")
                .split(", *");
        return values.length < 5
                ? "clocks unknown"
                : "SM " + values[0] + " of " + values[1] + ", memory " + values[2] + ", limit " + values[3] + ", "
                        + values[4] + " C";
    }

    private static String ask(String fields) {
        List<String> command =
                new ArrayList<>(List.of("nvidia-smi", "--query-gpu=" + fields, "--format=csv,noheader", "-i", "0"));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            boolean answered = process.waitFor() == 0;
            return answered && !answer.isBlank() ? answer.lines().findFirst().orElse(UNKNOWN) : UNKNOWN;
        } catch (IOException absent) {
            return UNKNOWN;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return UNKNOWN;
        }
    }
}
