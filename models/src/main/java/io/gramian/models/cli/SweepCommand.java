package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import io.gramian.models.ssl.Systems;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.TrainConfig;
import io.gramian.models.train.TrainRecipes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
            "Every method has its recipe of a few minutes (gramian recipes), on fashion-mnist for one epoch unless",
            "options say otherwise; --set changes it for all."
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
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = "runs/sweep",
            description = "A new folder, or that of a sweep to go on with; default: ${DEFAULT-VALUE}")
    private Path out = Path.of("runs", "sweep");

    @Mixin
    private TrainingOptions training = new TrainingOptions();

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

    /** The recipe of a few minutes for one epoch, and over it what was asked for. */
    private ConfigResolver resolver(String method, int size) {
        ConfigResolver resolver = new ConfigResolver()
                .recipe(TrainRecipes.quick(method).name())
                .option("sweep", "epochs", 1)
                .option("sweep", "augmentation.size", size);
        return training.over(resolver);
    }
}
