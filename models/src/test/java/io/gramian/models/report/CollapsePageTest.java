package io.gramian.models.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.models.collapse.CollapseResults;
import io.gramian.models.collapse.CollapseStudy;
import io.gramian.models.collapse.ImageRun;
import io.gramian.models.collapse.ImageSettings;
import io.gramian.models.collapse.ToySettings;
import io.gramian.models.collapse.Variant;
import io.gramian.models.eval.Evaluation;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollapsePageTest {
    @TempDir
    Path folder;

    private static CollapseResults results() {
        CollapseResults toys = new CollapseStudy(
                        Device.cpu(),
                        new ToySettings(16, 300, 32, 0.1f, 30, 6, 0),
                        ImageSettings.small(0),
                        new ArrayList<>()::add)
                .run(null);
        List<ImageRun> runs = new ArrayList<>();
        for (Variant variant : Variant.values()) {
            double[] eigenvalues = {0.3, 0.1, 1e-3, 0};
            runs.add(new ImageRun(
                    variant,
                    new long[] {0, 5},
                    List.of(eigenvalues, eigenvalues),
                    List.of(eigenvalues, eigenvalues),
                    new double[] {2, 1},
                    0.8,
                    0.85));
        }
        CollapseResults.Images images = new CollapseResults.Images(
                "fake/train", ImageSettings.small(0), new Evaluation.Row("untrained", 4, 0.7, 0.75, 0, 0), runs);
        return new CollapseResults(
                toys.toy(),
                toys.flowSteps(),
                toys.flow(),
                toys.code(),
                toys.twoLayers(),
                toys.unequal(),
                toys.linear(),
                toys.rectified(),
                images,
                toys.seconds());
    }

    @Test
    void pageFiguresAndNumbersAreWritten() throws Exception {
        Path page = CollapsePage.write(folder.resolve("new/folder"), results());
        Path made = page.getParent();
        String html = Files.readString(page);
        assertThat(html).contains("<svg class=\"chart\"", "k = 1 (theorem 1)", "DirectCLR needs no projector");
        assertThat(html).doesNotContain("NaN", "http-equiv", " src=", "@import", "url(");
        String body = html.replaceFirst("<!DOCTYPE html>", "");
        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(body.getBytes(java.nio.charset.StandardCharsets.UTF_8))))
                .isNotNull();
        assertThat(Files.readString(made.resolve("collapse.json"))).contains("\"depth_relu\"", "DirectCLR");
        for (String name : List.of("strong-augmentation", "two-layers", "alignment", "depth", "images")) {
            String svg = Files.readString(made.resolve(name + ".svg"));
            assertThat(svg).startsWith("<svg xmlns=").doesNotContain("var(--", "class=\"hover\"");
            BufferedImage png = ImageIO.read(made.resolve(name + ".png").toFile());
            assertThat(png.getWidth()).isGreaterThan(1000);
            assertThat(png.getRGB(0, 0)).isEqualTo(0xffffffff);
            assertThat(colours(png)).as(name).isGreaterThan(50);
        }
        assertThat(CollapsePage.write(made, results())).isEqualTo(page);
    }

    private static long colours(BufferedImage image) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return java.util.Arrays.stream(pixels).distinct().count();
    }

    @Test
    void aFolderThatCannotBeMadeIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> CollapsePage.write(file.resolve("inside"), results()))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("cannot make the folder " + file);
    }

    /** A red square from (1, 1) to (3, 3) and a line below it, at two pixels a unit. */
    @Test
    void shapesLandWhereTheyBelong() throws IOException {
        String svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\">"
                + "<svg x=\"1\" y=\"1\"><rect x=\"0\" y=\"0\" width=\"2\" height=\"2\" fill=\"#ff0000\"/></svg>"
                + "<path class=\"line\" stroke=\"#0000ff\" d=\"M1 6L7 6\"/></svg>";
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(SvgRaster.png(svg, 2)));
        assertThat(image.getWidth()).isEqualTo(16);
        assertThat(image.getRGB(3, 3)).isEqualTo(0xffff0000);
        assertThat(image.getRGB(8, 3)).isEqualTo(0xffffffff);
        assertThat(image.getRGB(8, 12)).isEqualTo(0xff0000ff);
        assertThat(image.getRGB(8, 8)).isEqualTo(0xffffffff);
    }

    @Test
    void aFigureWithoutItsColourIsRefused() {
        assertThatThrownBy(() -> Theme.light("fill=\"var(--purple)\""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got purple");
    }

    /** The colours of the stand-alone pictures are those of the page. */
    @Test
    void theThemeIsTheStyleSheets() throws IOException {
        try (var css = Report.class.getResourceAsStream("report.css")) {
            String text = new String(css.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            for (String name : List.of("ink", "soft", "grid", "blue", "orange", "green", "red", "card")) {
                assertThat(text).contains("--" + name + ": " + Theme.colour(name));
            }
        }
    }
}
