package io.gramian.models.cli;

import static io.gramian.models.cli.CommandResult.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.Tensor;
import io.gramian.backend.CudaProbe;
import io.gramian.models.config.Settings;
import io.gramian.models.format.Npy;
import io.gramian.models.ssl.LossMethod;
import io.gramian.models.ssl.LossMethods;
import io.gramian.models.ssl.Systems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandTest {
    @TempDir
    private Path folder;

    @Test
    void everyCommandHasHelp() {
        assertThat(run().out()).contains("pretrain", "resume", "doctor");
        for (String command : Main.commandLine().getSubcommands().keySet()) {
            CommandResult help = run(command, "--help");
            assertThat(help.code()).as(command).isZero();
            assertThat(help.out()).as(command).contains("Usage: gramian " + command);
        }
        assertThat(run("--version").out()).startsWith("gramian 0.1.0 (commit ");
        assertThat(run("completion", "bash").out()).contains("complete -F _complete_gramian", "pretrain");
        String methods = run("methods").out();
        assertThat(methods)
                .contains("wmse", "loss.w_size", "info-nce", "loss only", "queue.length", "(loss.directions)");
        assertThat(Systems.all()).allSatisfy(system -> {
            assertThat(methods.lines()).contains(system.name() + ": " + system.summary(), "  " + system.paper());
            assertThat(system.differences()).isNotEmpty();
            assertThat(system.published()).isNotEmpty().allSatisfy(published -> assertThat(methods)
                    .contains("  " + system.name() + "-" + published.set() + ": " + published.source() + "; "));
        });
        assertThat(run("recipes").out()).contains("barlow-twins-cifar10", "wmse-stl10-4views", "lejepa-imagenette");
        assertThat(run("doctor").out()).contains("instruction set", "blas core", "device cuda", "libgramian_cpu.so");
    }

    @Test
    void wrongUsageIsCodeTwo() {
        run("pretrian").fails(2, "pretrain");
        run("pretrain", "--set", "temprature=1").fails(2, "did you mean");
        run("pretrain", "--set", "epochs").fails(2, "expected key=value");
        run("pretrain", "--batch", "1").fails(2, "batch must be 2 or more");
        run("pretrain", "--threads", "0").fails(2, "--threads must be 1 or more");
        run("pretrain", "--data", "mnist").fails(2, "data: expected one of");
        run("loss", "simclr").fails(2, "--za");
        run("collapse", "--data", "mnist").fails(2, "data: expected one of");
        run("collapse", "-o", "pom.xml").fails(2, "--out: pom.xml is a file, expected a folder");
    }

    @Test
    void devicesAreChosenByName() throws IOException {
        Path z = npy("z.npy", 2, 1, 2, 3, 4);
        String[] loss = {"loss", "simclr", "--za", z.toString(), "--zb", z.toString(), "--device", "cpu"};
        run(loss).well();
        loss[7] = "gpu";
        run(loss).fails(2, "--device: expected cpu, cuda, cuda:1 or best, got 'gpu'");
        int absent = CudaProbe.result().devices().size();
        loss[7] = "cuda:" + absent;
        run(loss).fails(1, "cuda:" + absent + " cannot be used: ");
        Path run = folder.resolve("run");
        List<String> pretrain = TinyRun.pretrain(TinyRun.images(folder, 64), run, 1, "--device", loss[7]);
        run(pretrain).fails(1, "cuda:" + absent + " cannot be used: ");
        assertThat(run).doesNotExist();
        assertThat(run("pretrain", "--help").out())
                .contains("--device", "--no-cuda-graph")
                .doesNotContain("simt");
    }

    @Test
    void whatIsMissingOrDamagedIsNamed() throws IOException {
        Path run = folder.resolve("run");
        run("resume", run.toString()).fails(1, "there is no run folder " + run);
        run("spectrum", run + ".npy").fails(1, "expected an .npy file, but there is none");
        String missing = "idx:" + folder.resolve("none") + "," + folder.resolve("none");
        run(TinyRun.pretrain(missing, run, 1)).fails(1, folder.resolve("none").toString());
        assertThat(run).doesNotExist();
        String data = TinyRun.images(folder, 20);
        run(TinyRun.pretrain(data, run, 1)).fails(2, "batch must be at most the 20 training images, got 32");
        assertThat(run).doesNotExist();
    }

    @Test
    void placesThatCannotBeMadeAreNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        String data = TinyRun.images(folder, 64);
        run(TinyRun.pretrain(data, file, 1))
                .fails(
                        1,
                        "cannot make the run folder " + file + ": " + file
                                + " is a file, expected a folder; choose another place with --out or --runs");
        run(TinyRun.pretrain(data, file.resolve("run"), 1)).fails(1, "cannot make the run folder " + file + "/run");
        Path z = npy("z.npy", 2, 1, 2, 3, 4);
        String[] loss = {"loss", "simclr", "--za", z.toString(), "--zb", z.toString(), "--grad-out", file.toString()};
        run(loss).fails(2, "--grad-out: cannot make the folder " + file + ": " + file + " is a file");
        assertThat(run(loss).out()).isEmpty();
        run("loss", "simclr", "--za", folder.toString(), "--zb", z.toString()).fails(1, "got a folder");
        run("evaluate", folder.toString()).fails(1, "it has no config.yaml; give a folder that gramian pretrain");
    }

    @Test
    void aSpectrumOfNoNumbersIsRefused() {
        run("spectrum", npy("z.npy", 2, 1, 2, 3, 4.5f).toString()).well();
        run("spectrum", npy("n.npy", 2, 1, 2, 3, Float.NaN).toString())
                .fails(1, "n.npy: expected finite numbers, got NaN in row 1, column 1");
        run("spectrum", npy("e.npy", 3).toString()).fails(1, "e.npy: expected at least one embedding (n, d), got");
    }

    /** A matrix of so many columns in a file. */
    private Path npy(String name, int columns, float... values) {
        Path file = folder.resolve(name);
        try (Tensor z = Tensor.of(Device.cpu(), values, values.length / columns, columns)) {
            Npy.write(file, z);
        }
        return file;
    }

    @Test
    void aTinyRunIsTrainedEvaluatedAndReported() throws IOException {
        Path run = folder.resolve("run");
        String data = TinyRun.images(folder, 128);
        CommandResult trained = run(TinyRun.pretrain(data, run, 2));
        assertThat(trained.err()).isEmpty();
        assertThat(trained.code()).isZero();
        assertThat(trained.out()).contains("trained 8 steps", "untrained", "pixels", "report ");
        for (String file :
                List.of("config.yaml", "metrics.jsonl", "model.safetensors", "evaluation.json", "report.html")) {
            assertThat(run.resolve(file)).isNotEmptyFile();
        }
        assertThat(run("spectrum", run.toString()).out()).contains("effective rank", "RankMe");
        run("report", run.toString()).well();
        run(TinyRun.pretrain(data, run, 2)).fails(2, "is not empty");

        Path config = run.resolve("config.yaml");
        Path checkpoint = run.resolve("checkpoints/last.safetensors");
        String good = Files.readString(config);
        Files.writeString(config, good.replace("width: 8", "width: 16"));
        run("resume", run.toString())
                .fails(
                        1,
                        checkpoint + " was made with another configuration than " + config
                                + " (network.width was 8, is 16); restore that file, or start a new run");
        Files.writeString(config, good.replace("seed: 0", "seed: 1"));
        run("resume", run.toString()).fails(1, "was made with another configuration", "(seed was 0, is 1)");
        Files.writeString(config, good);
        byte[] bytes = Files.readAllBytes(checkpoint);
        Files.write(checkpoint, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        run("resume", run.toString()).fails(1, checkpoint.toString());
    }

    @Test
    void aLossThatIsNoNumberNamesTheFirstTensor() throws IOException {
        Path run = folder.resolve("run");
        String data = TinyRun.images(folder, 128);
        CommandResult result =
                run(TinyRun.pretrain(data, run, 50, "--set", "learning_rate=1e30", "--set", "schedule.name=constant"));
        result.fails(1, "the first tensor that went bad is");
        assertThat(result.err()).containsPattern("backbone\\.|projector\\.");
        assertThat(run.resolve("model.safetensors")).doesNotExist();
    }

    @Test
    void lossesOfFilesAndTheirGradients() {
        Device device = Device.cpu();
        Path a = folder.resolve("a.npy");
        Path b = folder.resolve("b.npy");
        float[] values = {1, 0, 0, 1, -1, 0, 0, -1};
        try (Tensor z = Tensor.empty(device, 4, 2).copyFrom(values)) {
            Npy.write(a, z);
            Npy.write(b, z);
        }
        CommandResult result = run(
                "loss",
                "simclr",
                "--za",
                a.toString(),
                "--zb",
                b.toString(),
                "--set",
                "temperature=1",
                "--grad-out",
                folder.resolve("g").toString());
        // each row: log(e^1 + 4 e^0 + 2 e^-1) - 1
        double expected = Math.log(Math.E + 4 + 2 / Math.E) - 1;
        result.well();
        double loss = result.out()
                .lines()
                .filter(line -> line.startsWith("loss "))
                .mapToDouble(line -> Double.parseDouble(line.substring(5)))
                .findFirst()
                .orElseThrow();
        assertThat(loss).isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-6));
        assertThat(folder.resolve("g/dza.npy")).isNotEmptyFile();
        assertThat(folder.resolve("g/dzb.npy")).isNotEmptyFile();
        // a method that nothing here trains: 2 of 3 others at right angles, one opposite
        CommandResult dcl = run("loss", "dcl", "--za", a.toString(), "--zb", b.toString(), "--set", "temperature=1")
                .well();
        assertThat(dcl.out())
                .contains("method dcl")
                .containsPattern("loss 0\\."
                        + String.valueOf(Math.log(4 + 2 / Math.E) - 1).substring(2, 7));
        run("loss", "infonce", "--za", a.toString(), "--zb", b.toString()).fails(2, "did you mean info-nce");
        run("loss", "wmse", "--za", a.toString(), "--zb", b.toString(), "--set", "w_size=3")
                .fails(1, "");
    }

    /** Columns (2, -2, 0, 0) and (0, 0, 2, -2), the same in both views: variances 8/3, no covariance. */
    @Test
    void everyLossOfTwoFilesPrintsItsTerms() {
        Path a = folder.resolve("a.npy");
        Path b = folder.resolve("b.npy");
        try (Tensor z = Tensor.of(Device.cpu(), new float[] {2, 0, -2, 0, 0, 2, 0, -2}, 4, 2)) {
            Npy.write(a, z);
            Npy.write(b, z);
        }
        for (LossMethod method : LossMethods.all()) {
            String[] set =
                    switch (method.name()) {
                        case "wmse" -> new String[] {"--set", "w_size=4"};
                        case "directclr" -> new String[] {"--set", "width=2"};
                        default -> new String[0];
                    };
            CommandResult result = run(Stream.concat(
                            Stream.of("loss", method.name(), "--za", a.toString(), "--zb", b.toString()),
                            Arrays.stream(set))
                    .toArray(String[]::new));
            result.well();
            assertThat(result.out())
                    .contains("method "
                            + method.make()
                                    .apply(Settings.of(method.settings()))
                                    .name());
            assertThat(number(result, "loss")).isFinite();
        }
        CommandResult vicreg = run("loss", "vicreg", "--za", a.toString(), "--zb", b.toString());
        assertThat(number(vicreg, "invariance")).isZero();
        assertThat(number(vicreg, "variance")).isZero();
        assertThat(number(vicreg, "covariance")).isZero();
        CommandResult barlow = run("loss", "barlow-twins", "--za", a.toString(), "--zb", b.toString());
        assertThat(number(barlow, "on-diagonal")).isLessThan(1e-6);
        assertThat(number(barlow, "off-diagonal")).isLessThan(1e-6);
        CommandResult ctr = run("loss", "vicreg-ctr", "--za", a.toString(), "--zb", b.toString());
        assertThat(ctr.out()).contains("loss.temperature");
        assertThat(number(run("loss", "lejepa", "--za", a.toString(), "--zb", b.toString()), "sigreg"))
                .isPositive()
                .isFinite();
        CommandResult whitening = run(
                "loss",
                "wmse",
                "--za",
                a.toString(),
                "--zb",
                b.toString(),
                "--set",
                "w_size=4",
                "--set",
                "whitening=zca");
        assertThat(number(whitening, "loss")).isLessThan(1e-6);
    }

    private static double number(CommandResult result, String name) {
        return result.out()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }
}
