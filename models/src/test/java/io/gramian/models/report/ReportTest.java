package io.gramian.models.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class ReportTest {
    private static final List<String> SECTIONS = List.of(
            "verdict",
            "headline",
            "evaluation",
            "training",
            "spectrum",
            "map",
            "neighbours",
            "augmented",
            "configuration");

    @TempDir
    Path run;

    @Test
    void aFullRunShowsEverything() throws Exception {
        FakeRun.write(run, 300);
        Document page = parse(Report.write(run));
        assertThat(ids(page)).containsExactlyElementsOf(SECTIONS);
        String text = page.getDocumentElement().getTextContent();
        assertThat(text)
                .contains("Barlow Twins on ten shapes", "87.9 %", "+3.3 points against the better baseline", "89.3 %")
                .contains("2,504", "60,000 training images, 12 epochs, 4 min 47 s")
                .contains("Healthy", "of 64 dimensions", "lambda: 0.005 # <tuned> & kept", "BLAS core")
                .doesNotContain("What is missing", "unknown", "nothing to draw");
        assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(5);
        assertThat(page.getElementsByTagName("img").getLength()).isEqualTo(10 * 9 + 6 * 3);
        assertThat(page.getElementsByTagName("circle").getLength()).isGreaterThan(300);
    }

    @Test
    void theOnlineProbeHasAChart() throws Exception {
        FakeRun.write(run, 40);
        StringBuilder lines = new StringBuilder();
        for (int step = 1; step <= 30; step++) {
            lines.append("{\"type\":\"online_probe\",\"step\":" + (step > 20 ? step - 5 : step)
                    + ",\"epoch\":0,\"accuracy\":" + (step == 4 ? "\"NaN\"" : 0.1 + step * 0.02) + ",\"loss\":1}\n");
        }
        Files.writeString(run.resolve("metrics.jsonl"), lines, StandardOpenOption.APPEND);
        // steps 16 to 20 twice, as after a resume: the later ones count
        List<RunMetrics.Online> online = RunData.read(run).metrics().online();
        assertThat(online).hasSize(25).isSortedAccordingTo(Comparator.comparingLong(RunMetrics.Online::step));
        assertThat(online.get(15)).isEqualTo(new RunMetrics.Online(16, 0.1 + 21 * 0.02));
        Document page = parse(Report.write(run));
        assertThat(page.getElementsByTagName("svg").getLength()).isEqualTo(6);
        assertThat(page.getDocumentElement().getTextContent()).contains("learns beside the training");
    }

    @Test
    void nothingIsLoadedFromElsewhereAndEveryCoordinateIsANumber() throws Exception {
        FakeRun.write(run, 120);
        String html = Files.readString(Report.write(run));
        String withoutPictures =
                html.replaceAll("base64,[A-Za-z0-9+/=]*", "").replaceAll("(?s)<script>.*</script>", "");
        assertThat(withoutPictures).doesNotContain("http:", "https:", "@import", "<link", "NaN", "Infinity", "null");
        assertThat(html).doesNotContain("fetch(", "XMLHttpRequest", "<script src");
        Document page = parse(run.resolve(Report.FILE));
        for (String name : List.of("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height")) {
            NodeList all = page.getElementsByTagName("*");
            for (int i = 0; i < all.getLength(); i++) {
                String value = ((Element) all.item(i)).getAttribute(name);
                assertThat(value).as(name).matches("|-?\\d+(\\.\\d+)?");
            }
        }
        assertThat(Pattern.compile(" d=\"([^\"]*)\"").matcher(html).results().map(match -> match.group(1)))
                .isNotEmpty()
                .allMatch(path -> path.matches("(?:[ML]-?\\d+(?:\\.\\d+)? -?\\d+(?:\\.\\d+)?)+(?:h0\\.01)?"));
    }

    @Test
    void theSameFolderGivesTheSamePage() throws Exception {
        FakeRun.write(run, 150);
        assertThat(Report.html(RunData.read(run))).isEqualTo(Report.html(RunData.read(run)));
    }

    @Test
    void anEmptyFolderIsReportedAsEmpty() throws Exception {
        Document page = parse(Report.write(run));
        assertThat(ids(page)).containsAll(SECTIONS).contains("missing");
        assertThat(page.getElementsByTagName("li").getLength()).isEqualTo(7);
        assertThat(page.getDocumentElement().getTextContent())
                .contains(
                        "No verdict",
                        "The run was not evaluated.",
                        "No training step was recorded.",
                        "metrics.jsonl is missing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config.yaml",
                "metrics.jsonl",
                "evaluation.json",
                "embeddings.npy",
                "labels.npy",
                "images.npy",
                "augmented.npy",
                "summary.json"
            })
    void eachFileMayBeMissingCutOffOrGarbage(String file) throws Exception {
        FakeRun.write(run, 40);
        byte[] whole = Files.readAllBytes(run.resolve(file));
        for (byte[] damaged : List.of(Arrays.copyOf(whole, whole.length / 2), new byte[] {0, -1, 7}, new byte[0])) {
            Files.write(run.resolve(file), damaged);
            assertThat(ids(parse(Report.write(run)))).containsAll(SECTIONS);
        }
        Files.delete(run.resolve(file));
        Document page = parse(Report.write(run));
        assertThat(ids(page)).containsAll(SECTIONS).contains("missing");
        assertThat(page.getDocumentElement().getTextContent()).contains(file + " is missing");
    }

    @Test
    void aDivergedRunIsShownAsOne() throws Exception {
        Files.writeString(
                run.resolve("metrics.jsonl"),
                """
                {"type":"step","step":1,"epoch":0.5,"loss":3.5,"lr":0.1}
                {"type":"step","step":2,"epoch":1.0,"loss":"NaN","lr":0.1}
                {"type":"spectrum","step":2,"epoch":1.0,"singular_values":["NaN",1],"effective_rank":"NaN"}
                not json
                """);
        Document page = parse(Report.write(run));
        assertThat(page.getDocumentElement().getTextContent())
                .contains("No verdict", "1 lines are not JSON, the first is line 4");
    }

    @Test
    void aFolderThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> Report.write(run.resolve("none")))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("expected a run folder");
    }

    private static Document parse(Path page) throws Exception {
        byte[] html = Files.readAllBytes(page);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(html));
    }

    private static List<String> ids(Document page) {
        NodeList sections = page.getElementsByTagName("section");
        return IntStream.range(0, sections.getLength())
                .mapToObj(i -> ((Element) sections.item(i)).getAttribute("id"))
                .toList();
    }
}
