package io.gramian.models.train;

import io.gramian.models.config.Setting;
import io.gramian.models.ssl.BatchStatistics;
import io.gramian.models.ssl.SslNetwork;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import java.util.ArrayList;
import java.util.List;

/** Every setting of a training run: its type, default, bounds and meaning. */
public final class ConfigSchema {
    private static final double UNBOUNDED = Long.MAX_VALUE;
    private static final double INT = Integer.MAX_VALUE;

    private ConfigSchema() {}

    /** All settings for a system, in the order of config.yaml. */
    public static List<Setting> of(SslSystem system) {
        List<Setting> all = new ArrayList<>(run());
        all.addAll(system.settings());
        all.addAll(SslNetwork.settings());
        all.addAll(AugmentationSettings.schema());
        all.addAll(OptimizerSettings.schema());
        all.addAll(schedule());
        all.addAll(recording());
        return List.copyOf(all);
    }

    private static List<Setting> run() {
        return List.of(
                Setting.choice("method", "simclr", Systems.names(), "what is trained"),
                Setting.text("data", "fashion-mnist", "data set: a name, folder:PATH or idx:IMAGES,LABELS"),
                Setting.text("data_dir", "", "folder of the data set's files; empty for the usual places"),
                Setting.integer("limit", 0, 0, INT, "training images to use; 0 for all"),
                Setting.integer(
                        "validation",
                        0,
                        0,
                        INT,
                        "training images to hold out and evaluate on, in place of the test images; 0 for none"),
                Setting.integer("seed", 0, 0, UNBOUNDED, "seed of everything random"),
                Setting.integer("epochs", 100, 1, INT, "passes over the training images"),
                Setting.integer("batch", 256, 1, 1 << 20, "images a step"),
                Setting.integer(
                        "accumulate",
                        1,
                        1,
                        1 << 20,
                        "parts in which a batch passes the network, one after the other, for less memory"),
                Setting.number("clip", 0, 0, 1e38, "largest norm of all gradients together; 0 for no limit"),
                Setting.number("minutes", 0, 0, 1e9, "stop cleanly after so many minutes of training; 0 for no limit"),
                Setting.integer("views", 2, 2, 64, "augmented views of each image"),
                BatchStatistics.setting(),
                LayerPrecision.setting());
    }

    private static List<Setting> schedule() {
        return List.of(
                Setting.choice(
                        "schedule.name",
                        "cosine",
                        List.of("cosine", "constant", "drops"),
                        "learning rate after the warm-up"),
                Setting.number("schedule.warmup_epochs", 10, 0, 1e6, "linear warm-up in epochs"),
                Setting.integer("schedule.warmup_steps", 0, 0, INT, "linear warm-up in steps, instead of epochs"),
                Setting.number("schedule.final_factor", 0.001, 0, 1, "part of the peak where the cosine ends"),
                Setting.integers("schedule.drops", List.of(), 0, INT, "epochs before the end at which the rate drops"),
                Setting.number("schedule.drop_factor", 0.2, 0, 1, "what the rate is multiplied with at each drop"));
    }

    private static List<Setting> recording() {
        return List.of(
                Setting.integer("record.steps", 1, 1, INT, "steps between metrics"),
                Setting.integer(
                        "record.spectrum_steps",
                        -1,
                        -1,
                        INT,
                        "steps between spectra; 0 for none; -1 for 50, or more where they cost a hundredth of the"
                                + " time"),
                Setting.integer("record.probe", 512, 2, 1 << 20, "images of the fixed batch whose spectrum is taken"),
                Setting.integer("record.checkpoint_steps", 0, 0, INT, "steps between checkpoints; 0 for one an epoch"),
                Setting.integer(
                        "record.online_probe",
                        0,
                        0,
                        INT,
                        "steps between those of a linear probe that learns beside the training; 0 for none"),
                Setting.integer("evaluation.grid", 1, 1, 16, "features are averaged over grid x grid cells of the map"),
                Setting.integer("evaluation.knn_k", 20, 1, 1 << 20, "neighbours of the kNN evaluation"),
                Setting.number("evaluation.knn_temperature", 0.07, 1e-6, 1e6, "temperature of the neighbours' votes"));
    }
}
