package io.gramian.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether a peer computes what we compute: from the same numbers, at small shapes, before anything is timed. A program of its
 * own, because a process that has both libraries is not the one that may be timed: ours turns OpenBLAS single-threaded.
 */
final class Agreement {
    /** Largest relative difference of two losses: float32 sums in another order. */
    private static final double LOSS = 1e-5;

    private Agreement() {}

    /** Takes the name of a comparison and of a peer. Exit code 1 if they differ. */
    public static void main(String[] arguments) {
        PrintStream screen = System.out;
        try {
            Comparison comparison = Comparisons.named(arguments[0]);
            for (String shape : comparison.checked()) {
                screen.println(check(comparison, arguments[1], shape));
            }
        } catch (IllegalStateException difference) {
            System.err.println("gramian bench: " + difference.getMessage());
            System.exit(1);
        }
    }

    /**
     * Checks every peer of a comparison, each in a JVM of its own.
     *
     * @return whether all agree
     */
    static boolean ofAllPeers(Comparison comparison, List<String> jvmArguments) throws IOException {
        boolean all = true;
        for (Comparison.Side side : comparison.sides()) {
            if (!side.name().equals(Comparison.OURS)) {
                all &= inOwnProcess(comparison.name(), side.name(), jvmArguments) == 0;
            }
        }
        return all;
    }

    private static int inOwnProcess(String kernel, String peer, List<String> jvmArguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArguments);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Agreement.class.getName(), kernel, peer));
        Process process = new ProcessBuilder(command).inheritIO().start();
        try {
            return process.waitFor();
        } catch (InterruptedException stop) {
            process.destroy();
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static String check(Comparison comparison, String peer, String shape) {
        Map<String, float[]> theirs = results(comparison, peer, shape);
        Map<String, float[]> ours = results(comparison, Comparison.OURS, shape);
        String where = comparison.name() + " " + shape + ", " + peer;
        return where + ": " + compare(where, ours, theirs, comparison.tolerance());
    }

    private static Map<String, float[]> results(Comparison comparison, String side, String shape) {
        try (Workload workload = comparison.create(side, shape)) {
            return workload.results();
        }
    }

    /**
     * The largest difference in words.
     *
     * @param where what is compared, for messages
     * @param tolerance largest norm of a difference, as a share of the norm of ours; a loss may differ by {@link #LOSS}
     * @throws IllegalStateException naming the first result that differs; NaN differs
     */
    static String compare(String where, Map<String, float[]> ours, Map<String, float[]> theirs, double tolerance) {
        if (!ours.keySet().equals(theirs.keySet())) {
            throw new IllegalStateException(where + ": expected the results "
                    + ours.keySet().stream().sorted().toList() + ", got "
                    + theirs.keySet().stream().sorted().toList());
        }
        double worst = 0;
        String worstName = "";
        for (Map.Entry<String, float[]> our : new TreeMap<>(ours).entrySet()) {
            String name = our.getKey();
            double difference =
                    difference(where + ": " + name, our.getValue(), theirs.getOrDefault(name, new float[0]));
            double allowed = name.equals("loss") ? LOSS : tolerance;
            if (!(difference <= allowed)) {
                throw new IllegalStateException(String.format(
                        Locale.ROOT,
                        "%s: %s differs from ours by %.2e of its norm, allowed are %.0e; nothing was timed",
                        where,
                        name,
                        difference,
                        allowed));
            }
            if (difference >= worst) {
                worst = difference;
                worstName = name;
            }
        }
        return String.format(Locale.ROOT, "%d result(s) agree, at most %.1e apart (%s)", ours.size(), worst, worstName);
    }

    private static double difference(String what, float[] ours, float[] theirs) {
        if (ours.length != theirs.length) {
            throw new IllegalStateException(what + ": expected " + ours.length + " elements, got " + theirs.length);
        }
        double norm = 0;
        double apart = 0;
        for (int i = 0; i < ours.length; i++) {
            double difference = (double) ours[i] - theirs[i];
            norm += (double) ours[i] * ours[i];
            apart += difference * difference;
        }
        return apart == 0 ? 0 : Math.sqrt(apart / norm);
    }
}
