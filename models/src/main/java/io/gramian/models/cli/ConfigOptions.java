package io.gramian.models.cli;

import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that make a configuration: a recipe, a file, single settings. */
final class ConfigOptions {
    @Option(names = "--recipe", paramLabel = "NAME", description = "Named recipe; see: gramian recipes")
    private @Nullable String recipe;

    @Option(names = "--method", paramLabel = "NAME", description = "What to train; see: gramian methods")
    private @Nullable String method;

    @Option(
            names = "--data",
            paramLabel = "NAME",
            description = "fashion-mnist, cifar10, cifar100, stl10, folder:PATH or idx:IMAGES,LABELS")
    private @Nullable String data;

    @Option(names = "--data-dir", paramLabel = "PATH", description = "Folder of the data set's files.")
    private @Nullable String dataDir;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training images.")
    private @Nullable Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Images a step.")
    private @Nullable Integer batch;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random.")
    private @Nullable Long seed;

    @Option(names = "--minutes", paramLabel = "T", description = "Stop training cleanly after so many minutes.")
    private @Nullable Double minutes;

    @Option(
            names = "--init",
            paramLabel = "FILE",
            description = "Start from these weights: safetensors with torchvision's names.")
    private @Nullable String init;

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file of settings; over the recipe.")
    private @Nullable Path config;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any setting, over everything else; may be repeated. See: gramian settings")
    private List<String> assignments = new ArrayList<>();

    /** All layers, in their order. */
    TrainConfig resolve() {
        ConfigResolver resolver = new ConfigResolver();
        if (recipe != null) {
            resolver.recipe(recipe);
        }
        if (config != null) {
            resolver.file(config);
        }
        option(resolver, "--method", "method", method);
        option(resolver, "--data", "data", data);
        option(resolver, "--data-dir", "data_dir", dataDir);
        option(resolver, "--epochs", "epochs", epochs);
        option(resolver, "--batch", "batch", batch);
        option(resolver, "--seed", "seed", seed);
        option(resolver, "--minutes", "minutes", minutes);
        option(resolver, "--init", "network.init", init);
        assignments.forEach(resolver::assignment);
        return resolver.resolve();
    }

    private static void option(ConfigResolver resolver, String option, String key, @Nullable Object value) {
        if (value != null) {
            resolver.option(option, key, value);
        }
    }
}
