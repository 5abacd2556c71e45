package io.gramian.models.report;

import io.gramian.DType;
import io.gramian.Device;
import io.gramian.Scope;
import io.gramian.Tensor;
import io.gramian.models.eval.Evaluation;
import io.gramian.spectrum.Spectrum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** A run folder as a training would leave it: small, but with every file, and with numbers of realistic shape. */
final class FakeRun {
    static final List<String> NAMES =
            List.of("ring", "bar", "cross", "disc", "corner", "stripe", "dot", "slope", "box", "wave");
    private static final int SIDE = 28;
    private static final int DIMENSION = 32;
    private final Random random = new Random(7);

    static void write(Path run, int tests) throws IOException {
        new FakeRun().writeAll(run, tests);
    }

    private void writeAll(Path run, int tests) throws IOException {
        Files.createDirectories(run);
        Files.writeString(
                run.resolve("config.yaml"),
                "method: barlow-twins\ndata: fashion-mnist\nbatch: 256\nlambda: 0.005 # <tuned> & kept\n");
        Files.write(run.resolve("metrics.jsonl"), metrics(12, 60));
        RunArtifacts.writeSummary(
                run,
                new RunArtifacts.Summary(
                        "Barlow Twins",
                        "ten shapes",
                        NAMES,
                        60_000,
                        12,
                        287.4,
                        2504,
                        RunArtifacts.environment(Device.cpu())));
        RunArtifacts.writeEvaluation(
                run,
                new Evaluation(
                        Evaluation.Settings.defaults(),
                        List.of(
                                new Evaluation.Row(Evaluation.TRAINED, 256, 0.8791, 0.8934, 2.1, 4.5),
                                new Evaluation.Row(Evaluation.UNTRAINED, 256, 0.822, 0.855, 2.2, 4.4),
                                new Evaluation.Row(Evaluation.PIXELS, 784, 0.8459, 0.8445, 7.7, 8.2))));
        try (Scope scope = Scope.open()) {
            int[] labels = random.ints(tests, 0, NAMES.size()).toArray();
            RunArtifacts.writeEmbeddings(run, Tensor.of(Device.cpu(), embeddings(labels), tests, DIMENSION), labels);
            byte[] images = new byte[tests * SIDE * SIDE];
            for (int i = 0; i < tests; i++) {
                draw(images, i, labels[i], 0);
            }
            RunArtifacts.writeImages(run, Tensor.ofBytes(Device.cpu(), images, tests, SIDE, SIDE, 1));
            byte[] views = new byte[6 * 3 * SIDE * SIDE];
            for (int i = 0; i < 18; i++) {
                draw(views, i, i / 3, i % 3 * 3);
            }
            RunArtifacts.writeAugmented(
                    run,
                    Tensor.empty(Device.cpu(), DType.UINT8, 6, 3, SIDE, SIDE, 1).copyFrom(views));
        }
    }

    private List<String> metrics(int epochs, int stepsPerEpoch) {
        List<String> lines = new ArrayList<>();
        for (int step = 1; step <= epochs * stepsPerEpoch; step++) {
            double epoch = (double) step / stepsPerEpoch;
            double loss = 12 + 48 * Math.exp(-epoch / 2) + 2 * random.nextGaussian();
            double lr = Math.min(1, epoch) * 0.5 * (1 + Math.cos(Math.PI * epoch / epochs)) * 0.003;
            lines.add(String.format(
                    Locale.ROOT,
                    "{\"type\":\"step\",\"step\":%d,\"epoch\":%.4f,\"loss\":%.4f,\"lr\":%.6f,"
                            + "\"images_per_second\":2500,\"data_wait_seconds\":0.0004}",
                    step,
                    epoch,
                    loss,
                    lr));
            if (step % (stepsPerEpoch / 2) == 0) {
                lines.add(spectrum(step, epoch));
            }
        }
        return lines;
    }

    /** Decays steeply at first and spreads as training goes on. */
    private static String spectrum(int step, double epoch) {
        double[] s = new double[64];
        double slope = 0.035 + 0.25 * Math.exp(-epoch / 2);
        StringBuilder list = new StringBuilder();
        for (int k = 0; k < s.length; k++) {
            s[k] = 30 * Math.exp(-slope * k) * (k == 0 ? 2 : 1);
            list.append(k == 0 ? "" : ",").append(String.format(Locale.ROOT, "%.6g", s[k]));
        }
        double rank = Spectrum.ofValues(s).effectiveRank();
        return String.format(
                Locale.ROOT,
                "{\"type\":\"spectrum\",\"step\":%d,\"epoch\":%.4f,\"singular_values\":[%s],"
                        + "\"effective_rank\":%.3f,\"rankme\":%.3f,\"std\":0.08}",
                step,
                epoch,
                list,
                rank,
                rank + 0.02);
    }

    private float[] embeddings(int[] labels) {
        double[] centres = random.doubles(NAMES.size() * DIMENSION, -1, 1).toArray();
        float[] values = new float[labels.length * DIMENSION];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    (float) (centres[labels[i / DIMENSION] * DIMENSION + i % DIMENSION] + 0.55 * random.nextGaussian());
        }
        return values;
    }

    private void draw(byte[] images, int index, int label, int shift) {
        double cx = 13.5 + random.nextGaussian() + shift;
        double cy = 13.5 + random.nextGaussian();
        double size = 7 + 2 * random.nextDouble();
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                double dx = (x - cx) / size;
                double dy = (y - cy) / size;
                double shade = inside(label, dx, dy) ? 190 : 12;
                double noisy = Math.max(0, Math.min(255, shade + 18 * random.nextGaussian()));
                images[(index * SIDE + y) * SIDE + x] = (byte) (int) noisy;
            }
        }
    }

    private static boolean inside(int label, double dx, double dy) {
        double r = Math.hypot(dx, dy);
        boolean box = Math.max(Math.abs(dx), Math.abs(dy)) < 1;
        return switch (label) {
            case 0 -> r < 1.2 && r > 0.7;
            case 1 -> Math.abs(dx) < 0.4 && Math.abs(dy) < 1.3;
            case 2 -> box && Math.min(Math.abs(dx), Math.abs(dy)) < 0.3;
            case 3 -> r < 1;
            case 4 -> box && (dx < -0.4 || dy > 0.4);
            case 5 -> box && Math.floorMod((int) Math.floor(dy * 3), 2) == 0;
            case 6 -> r < 0.5;
            case 7 -> box && dx > dy;
            case 8 -> box && Math.max(Math.abs(dx), Math.abs(dy)) > 0.6;
            default -> Math.abs(dy - 0.6 * Math.sin(4 * dx)) < 0.35 && Math.abs(dx) < 1.4;
        };
    }
}
