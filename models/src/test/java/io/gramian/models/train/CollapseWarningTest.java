package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gramian.Device;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.report.Report;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that collapse say so by name, on the console, in the metrics and in the report; one that does not says nothing. */
class CollapseWarningTest {
    private static final int SIDE = 12;
    private static final int IMAGES = 128;

    @TempDir
    private Path temporary;

    private final List<String> told = new ArrayList<>();

    /** Trains and returns the last line of spectra. */
    private JsonNode train(String text) throws IOException {
        TrainConfig config = config(text);
        Path path = temporary.resolve("run");
        DatasetSpec spec = DatasetSpec.parse(config.data(), null);
        TrainListener listener = new TrainListener() {
            @Override
            public void warned(CollapseWarning warning, long step) {
                told.add(warning.title());
                assertThat(step).isPositive();
                assertThat(warning.toString())
                        .startsWith(warning.title() + ": ")
                        .contains("; ");
            }
        };
        try (RunFolder folder = RunFolder.createAt(path);
                ImageDataset images = spec.pretrain();
                Interruption nobody = new Interruption();
                Pretrainer pretrainer = Pretrainer.of(config, folder, spec, images, Device.cpu(), listener)) {
            AtomicFile.writeString(folder.config(), config.toYaml());
            pretrainer.train(nobody);
        }
        List<JsonNode> spectra = Metrics.read(path.resolve("metrics.jsonl")).stream()
                .filter(line -> line.path("type").asText().equals("spectrum"))
                .toList();
        assertThat(spectra).hasSizeGreaterThan(3);
        assertThat(spectra.get(0).path("warnings")).as("before training").isEmpty();
        return spectra.get(spectra.size() - 1);
    }

    private String report() throws IOException {
        return Files.readString(Report.write(temporary.resolve("run")));
    }

    private static List<String> names(JsonNode line) {
        List<String> names = new ArrayList<>();
        line.path("warnings")
                .forEach(warning -> names.add(warning.path("name").asText() + " "
                        + warning.path("where").asText()));
        return names;
    }

    private TrainConfig config(String text) throws IOException {
        return SmallRuns.config(
                text,
                images(),
                "epochs=10",
                "batch=32",
                "network.width=8",
                "network.blocks=[1,1]",
                "augmentation.size=12",
                "augmentation.crop_min=0.6",
                "record.probe=128",
                "record.spectrum_steps=5",
                "projector.hidden=[32]",
                "projector.out=16",
                "optimizer.name=sgd",
                "optimizer.scale_with_batch=false",
                "optimizer.learning_rate=0.05",
                "schedule.name=constant",
                "schedule.warmup_epochs=0");
    }

    /** Stripes of several widths and directions with noise. */
    private String images() throws IOException {
        Random random = new Random(3);
        byte[] pixels = new byte[IMAGES * SIDE * SIDE];
        for (int i = 0; i < IMAGES; i++) {
            int period = 2 + random.nextInt(5);
            int slope = random.nextInt(4);
            for (int at = 0; at < SIDE * SIDE; at++) {
                int along = slope * (at / SIDE) + (3 - slope) * (at % SIDE);
                pixels[i * SIDE * SIDE + at] = (byte) ((along / period % 2 == 0 ? 40 : 200) + random.nextInt(30));
            }
        }
        return SmallRuns.images(temporary, SIDE, pixels);
    }

    @Test
    void simSiamWithoutItsStopGradientCollapsesCompletely() throws IOException {
        JsonNode last = train("simsiam loss.stop_gradient=false predictor.hidden=[8] projector.norm_last=none"
                + " optimizer.learning_rate=0.2 predictor.fixed_rate=false epochs=40 record.spectrum_steps=20");
        assertThat(names(last)).contains("complete collapse embedding");
        assertThat(told).contains("complete collapse of the embedding");
        assertThat(last.path("std_max").asDouble()).isLessThan(0.05);
        assertThat(report()).contains("Complete collapse of the embedding", "stop-gradient");
    }

    @Test
    void aProjectorOfRankTwoCollapsesDimensions() throws IOException {
        JsonNode last = train("simclr projector.hidden=[2] projector.out=32");
        assertThat(names(last))
                .contains("dimensional collapse embedding")
                .doesNotContain("complete collapse embedding");
        assertThat(told).containsOnlyOnce("dimensional collapse of the embedding");
        assertThat(report()).contains("Dimensional collapse of the embedding");
    }

    @Test
    void aProjectorOfRankOneCollapsesCompletely() throws IOException {
        assertThat(names(train("simclr projector.hidden=[1]"))).contains("complete collapse embedding");
    }

    @Test
    void aHealthyRunSaysNothing() throws IOException {
        JsonNode last = train("simclr");
        assertThat(told).isEmpty();
        assertThat(names(last)).isEmpty();
        assertThat(last.path("effective_rank").asDouble()).isGreaterThan(4);
        assertThat(last.path("representation").path("singular_values")).hasSize(16);
        assertThat(last.path("representation").path("effective_rank").asDouble())
                .isBetween(1.5, 16.0);
        double least = last.path("std_min").asDouble();
        assertThat(last.path("std").asDouble())
                .isBetween(least, last.path("std_max").asDouble());
        String report = report();
        assertThat(report).contains("The representation before the projector").doesNotContain("class=\"warnings\"");
    }

    @Test
    void aSliceThatIsNearlySingularIsNamed() throws IOException {
        JsonNode last = train("wmse loss.w_size=32 projector.hidden=[2] loss.eps=1e-7 optimizer.learning_rate=0");
        assertThat(names(last)).contains("whitening slice near-singular slice");
        assertThat(told).containsOnlyOnce("whitening slice near-singular");
        assertThat(report()).contains("Whitening slice near-singular", "loss.eps");
    }

    @Test
    void aSliceOfFullRankIsNot() throws IOException {
        JsonNode last = train("wmse loss.w_size=32 projector.out=8");
        assertThat(last.path("slice_condition").asDouble()).isBetween(1.0, 1e6);
        assertThat(told).doesNotContain("whitening slice near-singular");
    }

    /** The probe looks and leaves everything as it is: the same checkpoint with it and without. */
    @Test
    void spectraChangeNothing() throws IOException {
        train("wmse loss.w_size=32 projector.out=8");
        byte[] with = Files.readAllBytes(temporary.resolve("run/model.safetensors"));
        TrainConfig config = config("wmse loss.w_size=32 projector.out=8 record.spectrum_steps=0");
        DatasetSpec spec = DatasetSpec.parse(config.data(), null);
        try (RunFolder folder = RunFolder.createAt(temporary.resolve("without"));
                ImageDataset images = spec.pretrain();
                Interruption nobody = new Interruption();
                Pretrainer pretrainer = Pretrainer.of(config, folder, spec, images, Device.cpu(), TrainListener.NONE)) {
            pretrainer.train(nobody);
        }
        String weights = tensors(with);
        assertThat(tensors(Files.readAllBytes(temporary.resolve("without/model.safetensors"))))
                .isEqualTo(weights);
    }

    /** The bytes behind the header, which holds the configuration. */
    private static String tensors(byte[] file) {
        int header = (int)
                ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
        return new String(file, 8 + header, file.length - 8 - header, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
