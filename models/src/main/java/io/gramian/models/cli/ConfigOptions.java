package io.gramian.models.cli;

import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.TrainConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options that make a configuration: a recipe, a file, single settings. */
final class ConfigOptions {
    @Option(names = "--recipe", paramLabel = "NAME", description = "Named recipe; see: gramian recipes")
    private @Nullable String recipe;

    @Option(names = "--method", paramLabel = "NAME", description = "What to train; see: gramian methods")
    private @Nullable String method;

    @Option(names = "--minutes", paramLabel = "T", description = "Stop training cleanly after so many minutes.")
    private @Nullable Double minutes;

    @Option(
            names = "--init",
            paramLabel = "FILE",
            description = "Start from these weights: safetensors with torchvision's or timm's names.")
    private @Nullable String init;

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file of settings; over the recipe.")
    private @Nullable Path config;

    @Mixin
    private TrainingOptions training = new TrainingOptions();

    /** All layers, in their order. */
    TrainConfig resolve() {
        ConfigResolver resolver = new ConfigResolver();
        if (recipe != null) {
            resolver.recipe(recipe);
        }
        if (config != null) {
            resolver.file(config);
        }
        TrainingOptions.option(resolver, "--method", "method", method);
        TrainingOptions.option(resolver, "--minutes", "minutes", minutes);
        TrainingOptions.option(resolver, "--init", "network.init", init);
        return training.over(resolver).resolve();
    }
}
