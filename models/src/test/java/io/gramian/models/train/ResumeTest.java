package io.gramian.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.format.Safetensors;
import io.gramian.models.format.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that was stopped goes on with the same bits: momentum encoders, queues and heads are in its checkpoint. */
class ResumeTest {
    private static final int SIDE = 12;
    private static final int IMAGES = 48;
    private static final int STEPS = 6;

    @TempDir
    private Path temporary;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "simclr accumulate=4 clip=0.5",
                "moco-v2 queue.length=40 shuffle.groups=2 accumulate=2",
                "byol predictor.hidden=[6] accumulate=8",
                "simsiam predictor.hidden=[6]",
                "byol predictor.hidden=[6]",
                "moco-v1 queue.length=40 shuffle.groups=1 projector.hidden=[]",
                "moco-v2 queue.length=40 shuffle.groups=4",
                "moco-v2-plus queue.length=40",
                "moco-v3 predictor.hidden=[6]",
                "moco-v3 predictor.hidden=[6] network.architecture=vit-tiny network.depth=1 network.frozen_patches=true"
                        + " optimizer.name=adamw optimizer.learning_rate=0.001",
                "densecl queue.length=40 shuffle.groups=2 dense.hidden=[6] dense.out=5"
            })
    void goesOnWithTheSameBits(String text) throws IOException {
        TrainConfig config = config(text, SmallRuns.noise(temporary, IMAGES, SIDE));
        Path whole = train(config, "whole", Integer.MAX_VALUE);
        Path cut = train(config, "cut", 2);
        assertThat(Checkpoint.describe(cut.resolve("checkpoints/last.safetensors"))
                        .step())
                .isEqualTo(2);
        train(config, "cut", Integer.MAX_VALUE);
        for (String file : List.of("model.safetensors", "checkpoints/last.safetensors")) {
            assertThat(cut.resolve(file)).as(file).hasSameBinaryContentAs(whole.resolve(file));
        }
        try (SafetensorsFile file = Safetensors.open(whole.resolve("checkpoints/last.safetensors"))) {
            assertThat(file.names()).anyMatch(name -> name.startsWith("optimizer."));
            if (!text.startsWith("simclr")) {
                assertThat(file.names()).anyMatch(name -> name.matches("(predictor|target|momentum|queue|dense).*"));
            }
        }
    }

    /** The probe that learns beside the training: the same weights at the end, and the same lines in the metrics. */
    @Test
    void theOnlineProbeGoesOnToo() throws IOException {
        TrainConfig config = config("simclr record.online_probe=1", SmallRuns.noise(temporary, IMAGES, SIDE));
        Path whole = train(config, "whole", Integer.MAX_VALUE);
        Path cut = train(config, "cut", 2);
        assertThat(online(cut)).hasSize(2);
        train(config, "cut", Integer.MAX_VALUE);
        String head = "checkpoints/online_probe.safetensors";
        assertThat(cut.resolve(head)).hasSameBinaryContentAs(whole.resolve(head));
        assertThat(online(cut)).hasSize(STEPS).isEqualTo(online(whole));
    }

    private static List<String> online(Path run) throws IOException {
        return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
                .filter(line -> line.contains("online_probe"))
                .toList();
    }

    /** Trains, from its checkpoint if there is one, and asks to stop after a step. */
    private Path train(TrainConfig config, String name, int stop) throws IOException {
        Path path = temporary.resolve(name);
        DatasetSpec spec = DatasetSpec.parse(config.data(), null);
        try (RunFolder folder = Files.exists(path) ? RunFolder.lock(path) : RunFolder.createAt(path);
                ImageDataset images = spec.pretrain();
                Interruption interruption = new Interruption();
                Pretrainer pretrainer = Pretrainer.of(config, folder, spec, images, Device.cpu(), new TrainListener() {
                    @Override
                    public void step(Progress progress) {
                        if (progress.step() >= stop) {
                            interruption.request();
                        }
                    }
                })) {
            AtomicFile.writeString(folder.config(), config.toYaml());
            Outcome outcome = pretrainer.train(interruption);
            assertThat(outcome.step()).isEqualTo(Math.min(stop, STEPS));
        }
        return path;
    }

    private static TrainConfig config(String text, String data) {
        return SmallRuns.config(
                text,
                data,
                "epochs=2",
                "batch=16",
                "network.width=4",
                "network.blocks=[1,1]",
                "augmentation.size=12",
                "record.probe=16",
                "projector.hidden=[8]",
                "projector.out=4");
    }
}
