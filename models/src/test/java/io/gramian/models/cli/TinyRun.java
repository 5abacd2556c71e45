package io.gramian.models.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A few hundred images of two kinds of stripes, and the real program on them in a process of its own. */
final class TinyRun {
    private static final int SIDE = 12;

    private static final List<String> SETTINGS = List.of(
            "batch=32",
            "network.width=8",
            "network.blocks=[1]",
            "augmentation.size=12",
            "record.probe=16",
            "record.checkpoint_steps=3",
            "projector.hidden=[16]",
            "projector.out=8");

    private TinyRun() {}

    /** Writes IDX files; returns the name of the data set. */
    static String images(Path folder, int count) throws IOException {
        Random random = new Random(7);
        ByteBuffer images = ByteBuffer.allocate(16 + count * SIDE * SIDE);
        ByteBuffer labels = ByteBuffer.allocate(8 + count);
        images.putInt(0x803).putInt(count).putInt(SIDE).putInt(SIDE);
        labels.putInt(0x801).putInt(count);
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(2);
            int bright = 100 + random.nextInt(100);
            labels.put((byte) kind);
            for (int at = 0; at < SIDE * SIDE; at++) {
                int along = kind == 0 ? at / SIDE : at % SIDE;
                images.put((byte) ((along / 3 % 2 == 0 ? bright : 20) + random.nextInt(15)));
            }
        }
        Files.write(folder.resolve("images"), images.array());
        Files.write(folder.resolve("labels"), labels.array());
        return "idx:" + folder.resolve("images") + "," + folder.resolve("labels");
    }

    /** Arguments of a run that takes seconds. */
    static List<String> pretrain(String data, Path run, int epochs, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "pretrain", "--method", "simclr", "--data", data, "--out", run.toString(), "--epochs", "" + epochs));
        SETTINGS.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        arguments.addAll(List.of("--threads", "1"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Arguments of a sweep of such runs. */
    static List<String> sweep(String methods, String data, Path out, int epochs, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("sweep", "--methods", methods, "--data", data, "-o", out.toString(), "--epochs", "" + epochs));
        SETTINGS.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        arguments.addAll(List.of("--threads", "1"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Starts the program with its output in a file. */
    static Process start(Path log, List<String> arguments) throws IOException {
        return start(log, List.of(), arguments);
    }

    /** The same behind a prefix, such as a shell that sets a limit. */
    static Process start(Path log, List<String> prefix, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1"));
        command.addAll(
                List.of("-Dorg.bytedeco.javacpp.nopointergc=true", "-cp", System.getProperty("java.class.path")));
        command.add(Main.class.getName());
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** Waits for the end; fails after a minute. */
    static int finish(Process process) throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the program did not end within a minute");
        }
        return process.exitValue();
    }

    /** Waits until a file is there. */
    static void await(Path file, Process process) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(file)) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                throw new AssertionError(file + " was not written");
            }
            Thread.sleep(2);
        }
    }
}
