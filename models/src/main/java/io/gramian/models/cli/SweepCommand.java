package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.ssl.Systems;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.TrainConfig;
import io.gramian.models.train.TrainRecipes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "sweep",
        description = {
            "Trains every method with one small budget, evaluates each beside the untrained network and raw pixels,",
            "and writes a table and a page of spectra. The same command goes on where it was stopped."
        },
        footer = {
            "",
            "Examples:",
            "  gramian sweep",
            "  gramian sweep --methods simclr,byol,vicreg --epochs 3 -o runs/three",
            "  gramian sweep --data folder:photos --set augmentation.size=96",
            "Every method has its recipe of a few minutes (gramian recipes); --set changes it for all."
        })
final class SweepCommand extends ComputeCommand {
    /** Side of the views of large images: a small network learns little more from larger ones, and takes longer. */
    private static final int LARGEST_VIEW = 64;

    private static final String ALL = "all";

    @Option(
            names = "--methods",
            paramLabel = "NAME",
            split = ",",
            defaultValue = ALL,
            description = "What to train: all, or names with commas between them; default: ${DEFAULT-VALUE}")
    private List<String> methods = new ArrayList<>();

    @Option(
            names = "--data",
            paramLabel = "NAME",
            defaultValue = "fashion-mnist",
            description = "Images: " + DatasetSpec.FORMS + "; default: ${DEFAULT-VALUE}")
    private String data = "fashion-mnist";

    @Option(names = "--data-dir", paramLabel = "PATH", description = "Folder of the data set's files.")
    private @Nullable String dataDir;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = "runs/sweep",
            description = "A new folder, or that of a sweep to go on with; default: ${DEFAULT-VALUE}")
    private Path out = Path.of("runs", "sweep");

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "1",
            description = "Passes over the training images; default: ${DEFAULT-VALUE}")
    private int epochs = 1;

    @Option(names = "--batch", paramLabel = "N", description = "Images a step.")
    private @Nullable Integer batch;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random.")
    private @Nullable Long seed;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any setting, for all methods; may be repeated. See: gramian settings")
    private List<String> assignments = new ArrayList<>();

    @Mixin
    private DeviceOption at = new DeviceOption();

    @Override
    public Integer call() {
        List<TrainConfig> runs = new ArrayList<>();
        for (String method : names()) {
            runs.add(config(method));
        }
        SweepPlan plan = SweepPlan.of(out, runs);
        String command = "gramian "
                + String.join(" ", spec().root().commandLine().getParseResult().originalArgs());
        return new SweepSession(plan, command, out(), at.device()).run();
    }

    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        for (String method : methods) {
            if (method.strip().equalsIgnoreCase(ALL)) {
                names.addAll(Systems.names());
            } else {
                names.add(Systems.named(method.strip()).name());
            }
        }
        return names;
    }

    private TrainConfig config(String method) {
        try {
            TrainConfig config = resolver(method, 0).resolve();
            boolean large = config.settings().integer("augmentation.size") == 0
                    && RunData.open(config).viewSize() > LARGEST_VIEW;
            return large ? resolver(method, LARGEST_VIEW).resolve() : config;
        } catch (ConfigException e) {
            throw new ConfigException("method " + method + ": " + e.getMessage());
        }
    }

    /** The recipe of a few minutes, and over it what was asked for. */
    private ConfigResolver resolver(String method, int size) {
        ConfigResolver resolver =
                new ConfigResolver().recipe(TrainRecipes.quick(method).name());
        resolver.option("sweep", "augmentation.size", size);
        resolver.option("--data", "data", data).option("--epochs", "epochs", epochs);
        if (dataDir != null) {
            resolver.option("--data-dir", "data_dir", dataDir);
        }
        if (batch != null) {
            resolver.option("--batch", "batch", batch);
        }
        if (seed != null) {
            resolver.option("--seed", "seed", seed);
        }
        assignments.forEach(resolver::assignment);
        return resolver;
    }
}
