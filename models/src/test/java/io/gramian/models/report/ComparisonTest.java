package io.gramian.models.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gramian.GramianException;
import io.gramian.models.eval.Evaluation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;

class ComparisonTest {
    @TempDir
    private Path folder;

    private Path run(String name, String method, double rate, double knn) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        Files.writeString(
                run.resolve("config.yaml"),
                "method: " + method + "\ndata: shapes\ndata_dir: /" + name + "\noptimizer: {name: sgd, learning_rate: "
                        + rate + "}\n" + (method.equals("simclr") ? "loss: {temperature: 0.2}\n" : ""));
        List<String> lines = new ArrayList<>();
        for (int step = 1; step <= 40; step++) {
            lines.add("{\"type\":\"step\",\"step\":" + step + ",\"epoch\":0,\"loss\":" + (2 + 10.0 / step)
                    + ",\"lr\":0.1,\"images_per_second\":900}");
        }
        lines.add("{\"type\":\"spectrum\",\"step\":40,\"epoch\":0,\"singular_values\":[4,2,1],\"rankme\":2.5}");
        Files.write(run.resolve("metrics.jsonl"), lines);
        RunArtifacts.writeSummary(
                run, new RunArtifacts.Summary(method, "shapes", List.of("a", "b"), 100, 1, 12, 1234.4, Map.of()));
        RunArtifacts.writeEvaluation(
                run,
                new Evaluation(
                        Evaluation.Settings.defaults(),
                        List.of(
                                new Evaluation.Row(
                                        Evaluation.TRAINED,
                                        4,
                                        knn,
                                        0.9,
                                        1,
                                        1,
                                        Map.of(Evaluation.FEW + "0.01", 0.41),
                                        List.of(3.0, 3.0, 3.0, 0.0)),
                                new Evaluation.Row(Evaluation.UNTRAINED, 4, 0.6, 0.7, 1, 1),
                                new Evaluation.Row(Evaluation.PIXELS, 9, 0.65, 0.72, 1, 1))));
        return run;
    }

    @Test
    void scoresAndTheSettingsThatDiffer() throws IOException {
        Comparison comparison = Comparison.of(List.of(run("one", "simclr", 0.1, 0.8), run("two", "simclr", 0.2, 0.85)));
        assertThat(comparison.labels()).containsExactly("learning rate 0.1", "learning rate 0.2");
        List<String> lines = comparison.text().lines().toList();
        assertThat(lines.get(0))
                .matches(
                        "# +run +kNN +linear probe +1 % labels +RankMe +effective rank +RankMe embedding +last loss +images/s +folder");
        // three equal singular values: three dimensions in use
        assertThat(lines.get(1))
                .matches("1 +learning rate 0.1 +80.00 % +90.00 % +41.00 % +3 +3 +2.5 +2.25 +1,234 +one");
        assertThat(lines.get(2)).contains("learning rate 0.2", "85.00 %");
        assertThat(lines.subList(3, 5))
                .satisfiesExactly(
                        line -> assertThat(line).contains("untrained network", "60.00 %", "70.00 %"),
                        line -> assertThat(line).contains("raw pixels", "65.00 %", "72.00 %"));
        assertThat(lines.subList(5, lines.size()))
                .satisfiesExactly(
                        line -> assertThat(line).isEmpty(),
                        line -> assertThat(line).matches("settings that differ +1 +2"),
                        line -> assertThat(line).matches("optimizer.learning_rate +0.1 +0.2"));
        assertThat(comparison.markdown().lines().skip(1).findFirst())
                .hasValue("|--|--|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    }

    @Test
    void aSettingThatOnlyOneMethodHasDiffers() throws IOException {
        Comparison comparison = Comparison.of(List.of(run("one", "simclr", 0.1, 0.8), run("two", "vicreg", 0.1, 0.85)));
        assertThat(comparison.labels()).containsExactly("simclr", "vicreg");
        assertThat(comparison.text().lines())
                .anyMatch(line -> line.matches("method +simclr +vicreg"))
                .anyMatch(line -> line.matches("loss.temperature +0.2 +-"));
    }

    @Test
    void theSameRunTwiceHasNothingThatDiffers() throws IOException {
        Comparison comparison = Comparison.of(List.of(run("one", "simclr", 0.1, 0.8), run("two", "simclr", 0.1, 0.8)));
        assertThat(comparison.labels()).containsExactly("one", "two");
        assertThat(comparison.text()).endsWith("\nno setting differs\n");
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingElse() throws Exception {
        List<Path> runs = new ArrayList<>();
        for (int i = 0; i < 13; i++) {
            runs.add(run("run" + i, i % 2 == 0 ? "simclr" : "vicreg", 0.1 * i, 0.5 + 0.01 * i));
        }
        Path page = folder.resolve("comparison.html");
        Comparison.of(runs).write(page, "Learning <rates> & methods");
        String html = Files.readString(page);
        assertThat(html).contains("Learning &lt;rates&gt; &amp; methods", "best\"><i style=\"width:62%\">");
        assertThat(html.replaceAll("(?s)<style>.*?</style>|<script>.*?</script>", ""))
                .doesNotContain("http://", "https://", "src=", "NaN", "null");
        Document document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
        // four charts over each other, and one for each run, with one line each
        assertThat(document.getElementsByTagName("figure").getLength()).isEqualTo(4 + 13);
        assertThat(document.getElementsByTagName("tr").getLength()).isGreaterThan(1 + 13 + 2 + 1);
    }

    @Test
    void aRunWithoutResultsIsShownAndNamed() throws IOException {
        Path young = Files.createDirectories(folder.resolve("young"));
        Files.writeString(young.resolve("config.yaml"), "method: simclr\ndata: shapes\n");
        Path damaged = run("damaged", "vicreg", 0.1, 0.8);
        Files.writeString(damaged.resolve("evaluation.json"), "{\"rows\": [");
        Path page = folder.resolve("page.html");
        Comparison comparison = Comparison.of(List.of(young, damaged));
        comparison.write(page, "Two");
        assertThat(Files.readString(page))
                .contains("not evaluated: young; gramian evaluate RUN does so")
                .contains("evaluation.json: evaluation: expected JSON");
        assertThat(comparison.text().lines().skip(1).findFirst().orElseThrow()).matches("1 +simclr +young");
    }

    @Test
    void whatIsNoRunIsNamed() throws IOException {
        Path none = folder.resolve("none");
        Path run = run("one", "simclr", 0.1, 0.8);
        assertThatThrownBy(() -> Comparison.of(List.of(run, none)))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining("there is no run folder " + none);
        assertThatThrownBy(() -> Comparison.of(List.of(folder)))
                .isInstanceOf(GramianException.class)
                .hasMessageContaining(folder + " is not a run: it has no config.yaml");
        assertThatThrownBy(() -> Comparison.of(List.of(run, run)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected each folder once");
    }
}
