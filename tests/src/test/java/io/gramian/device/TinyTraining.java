package io.gramian.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.gramian.Device;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.Interruption;
import io.gramian.models.train.Pretrainer;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import io.gramian.models.train.TrainListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A run of twenty steps on images of eight pixels: enough to pass every part of a training. */
final class TinyTraining {
    /** Steps of a run, unless its settings say otherwise. */
    static final int STEPS = 20;

    private static final int SIDE = 8;
    private static final int IMAGES = 40;

    private TinyTraining() {}

    /** Writes images with stripes along one side or the other; returns the name of the data set. */
    static String images(Path folder) throws IOException {
        Random random = new Random(7);
        ByteBuffer images = ByteBuffer.allocate(16 + IMAGES * SIDE * SIDE);
        ByteBuffer labels = ByteBuffer.allocate(8 + IMAGES);
        images.putInt(0x803).putInt(IMAGES).putInt(SIDE).putInt(SIDE);
        labels.putInt(0x801).putInt(IMAGES);
        for (int i = 0; i < IMAGES; i++) {
            labels.put((byte) (i % 2));
            int bright = 100 + random.nextInt(100);
            for (int at = 0; at < SIDE * SIDE; at++) {
                int along = i % 2 == 0 ? at / SIDE : at % SIDE;
                images.put((byte) ((along / 2 % 2 == 0 ? bright : 20) + random.nextInt(30)));
            }
        }
        Files.write(folder.resolve("images"), images.array());
        Files.write(folder.resolve("labels"), labels.array());
        return "idx:" + folder.resolve("images") + "," + folder.resolve("labels");
    }

    /** A method with its recipe on a small network, and more settings. */
    static TrainConfig config(String data, String method, String... more) {
        ConfigResolver resolver = new ConfigResolver()
                .option("--method", "method", method)
                .option("--data", "data", data)
                .option("--epochs", "epochs", STEPS * 8 / IMAGES);
        for (String setting : List.of(
                "batch=8",
                "network.width=2",
                "network.blocks=[1]",
                "augmentation.size=8",
                "record.probe=4",
                "record.spectrum_steps=10",
                "schedule.warmup_epochs=1")) {
            resolver.assignment(setting);
        }
        Arrays.stream(more).forEach(resolver::assignment);
        return resolver.resolve();
    }

    /** Trains in a new folder; the losses of every step. */
    static List<Double> run(TrainConfig config, Path path, Device device, boolean captured, Runnable watch) {
        DatasetSpec spec = DatasetSpec.parse(config.data(), null);
        List<Double> losses = new ArrayList<>();
        TrainListener listener = new TrainListener() {
            @Override
            public void step(Progress progress) {
                assertThat(progress.step()).isEqualTo(losses.size() + 1);
                losses.add(progress.loss());
                watch.run();
            }
        };
        try (RunFolder run = RunFolder.createAt(path);
                ImageDataset images = spec.pretrain()) {
            AtomicFile.writeString(run.config(), config.toYaml());
            try (Interruption interruption = new Interruption();
                    Pretrainer pretrainer = Pretrainer.of(config, run, spec, images, device, listener)) {
                pretrainer.captureSteps(captured).train(interruption);
                assertThat(pretrainer.isCaptured()).isEqualTo(captured && device != Device.cpu());
            }
            assertThat(run.model()).exists();
            assertThat(run.checkpoint()).exists();
        }
        return losses;
    }
}
