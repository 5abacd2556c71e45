package io.gramian.models.cli;

import static io.gramian.models.cli.CommandResult.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep of tiny runs: whole, failing, refused, and on a folder of photographs. */
class SweepTest {
    @TempDir
    private Path folder;

    private static JsonNode numbers(Path out) throws IOException {
        return new ObjectMapper().readTree(out.resolve("sweep.json").toFile());
    }

    @Test
    void aNetworkThatDoesNotFitTheImagesIsRefusedBeforeAnyWork() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path out = folder.resolve("none");
        String[] patches = {"--set", "network.architecture=vit-tiny", "--set", "network.patch=5"};
        CommandResult result = run(TinyRun.sweep("simclr,byol", data, out, 1, patches));
        result.fails(2, "network.patch must divide the side of the views, 12 pixels, got 5");
        assertThat(result.out()).isEmpty();
        assertThat(out).doesNotExist();
    }

    @Test
    void aTableAPageAndNumbers() throws IOException {
        String data = TinyRun.images(folder, 128);
        Path out = folder.resolve("out");
        CommandResult result = run(TinyRun.sweep("simclr,byol", data, out, 2));
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("[1/2] simclr", "[2/2] byol", "raw pixels", "untrained network");
        JsonNode numbers = numbers(out);
        assertThat(numbers.path("runs")).hasSize(2).allSatisfy(run -> {
            assertThat(run.path("steps").asInt()).isEqualTo(8);
            assertThat(run.path("knn").asDouble()).isBetween(0.0, 1.0);
            assertThat(run.path("linear").asDouble()).isBetween(0.0, 1.0);
            assertThat(run.path("rankme").asDouble()).isBetween(1.0, 33.0);
            assertThat(run.path("effective_rank").asDouble()).isBetween(1.0, 33.0);
            assertThat(run.path("images_per_second").asDouble()).isBetween(1.0, 1e7);
            assertThat(run.path("loss").isNumber()).isTrue();
        });
        assertThat(numbers.path("baselines")).hasSize(2);
        assertThat(out.resolve("sweep.md"))
                .content()
                .contains("| untrained network |", "| raw pixels |", "* Threads: ");
        assertThat(out.resolve("sweep.html"))
                .content()
                .contains("byol", "Threads")
                .doesNotContain("http://", "src=");
        // more methods come to those that are there
        CommandResult more = run(TinyRun.sweep("vicreg,simclr", data, out, 2));
        assertThat(more.out()).contains("[2/2] simclr: finished before").doesNotContain("untrained  ");
    }

    @Test
    void aRunThatFailsIsNamedAndTheOthersGoOn() throws IOException {
        String data = TinyRun.images(folder, 128);
        Path out = folder.resolve("out");
        CommandResult result = run(TinyRun.sweep("vicreg,simclr", data, out, 1, "--set", "learning_rate=1e30"));
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("[2/2] simclr", "failed: the loss of step", "Not finished: vicreg, simclr.");
        assertThat(numbers(out).path("failures").path("simclr").asText()).contains("the first tensor that went bad is");
    }

    @Test
    void whatIsWrongIsSaidBeforeAnythingIsMade() throws IOException {
        String data = TinyRun.images(folder, 64);
        Path out = folder.resolve("out");
        assertRefused(TinyRun.sweep("simclr,bylo", data, out, 1), "got 'bylo'; did you mean byol?");
        assertRefused(TinyRun.sweep("simclr", "fashion", out, 1), "data: expected one of");
        assertRefused(
                TinyRun.sweep("simclr", data, out, 1, "--set", "temprature=1"),
                "method simclr: --set temprature=1: there is no");
        assertRefused(
                TinyRun.sweep("simclr,vicreg", data, out, 1, "--set", "loss.temperature=1"),
                "method vicreg: --set loss.temperature=1: there is no setting");
        assertRefused(
                TinyRun.sweep("simclr", data, out, 1, "--set", "batch=65"),
                "batch must be at most the 64 training images");
        assertRefused(TinyRun.sweep("moco-v2,simclr", data, out, 1, "--set", "batch=31"), "method moco-v2: ");
        assertThat(out).doesNotExist();
        assertRefused(
                TinyRun.sweep("simclr", data, folder, 1),
                "holds something else than a sweep, such as images; name a new");
        assertRefused(TinyRun.sweep("simclr", data, folder.resolve("images"), 1), "is a file, expected a folder");

        run(TinyRun.sweep("simclr", data, out, 1)).well();
        assertRefused(
                TinyRun.sweep("simclr", data, out, 2),
                out.resolve("simclr") + " was made with epochs 1, now it is 2; use the same settings");
        assertRefused(
                TinyRun.sweep("byol", data, out, 1, "--seed", "3"),
                out.resolve("baselines") + " was made with seed 0, now it is 3; use the same settings");
    }

    private static void assertRefused(List<String> arguments, String message) {
        CommandResult result = run(arguments);
        assertThat(result.err()).contains(message).doesNotContain("\tat ");
        assertThat(result.code()).isEqualTo(2);
    }

    @Test
    void aFolderOfPhotographsOfDifferentSizes() throws IOException {
        Path photos = photographs(60);
        Path out = folder.resolve("out");
        CommandResult result = run(TinyRun.sweep("simclr,vicreg", "folder:" + photos, out, 1, "--set", "batch=16"));
        assertThat(result.err()).isEmpty();
        assertThat(result.code()).isZero();
        assertThat(numbers(out).path("runs"))
                .hasSize(2)
                .allSatisfy(run -> assertThat(run.path("linear").asDouble()).isBetween(0.0, 1.0));
        // without --set augmentation.size, a small network sees large images at 64 pixels
        List<String> arguments =
                TinyRun.sweep("simclr", "folder:" + photos, folder.resolve("large"), 1, "--set", "batch=16");
        arguments.set(arguments.indexOf("augmentation.size=12"), "seed=0");
        run(arguments).well();
        assertThat(folder.resolve("large/simclr/config.yaml")).content().contains("size: 64");
    }

    /** Two kinds: red discs and blue bars, on sides from 40 to 120 pixels. */
    private Path photographs(int count) throws IOException {
        Random random = new Random(5);
        Path photos = folder.resolve("photos");
        for (int i = 0; i < count; i++) {
            int width = 40 + random.nextInt(81);
            int height = 40 + random.nextInt(81);
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = image.createGraphics();
            graphics.setColor(new Color(random.nextInt(60), 100 + random.nextInt(100), random.nextInt(60)));
            graphics.fillRect(0, 0, width, height);
            graphics.setColor(i % 2 == 0 ? Color.RED : Color.BLUE);
            if (i % 2 == 0) {
                graphics.fillOval(width / 4, height / 4, width / 2, height / 2);
            } else {
                graphics.fillRect(width / 3, 0, width / 3, height);
            }
            graphics.dispose();
            Path kind = Files.createDirectories(photos.resolve(i % 2 == 0 ? "discs" : "bars"));
            ImageIO.write(image, "jpg", kind.resolve(i + ".jpg").toFile());
        }
        return photos;
    }
}
