package io.gramian.models.cli;

import io.gramian.models.data.DatasetSpec;
import io.gramian.models.train.ConfigResolver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every command that trains: on what, how long, and any setting. */
final class TrainingOptions {
    @Option(names = "--data", paramLabel = "NAME", description = "Images: " + DatasetSpec.FORMS)
    private @Nullable String data;

    @Option(names = "--data-dir", paramLabel = "PATH", description = "Folder of the data set's files.")
    private @Nullable String dataDir;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training images.")
    private @Nullable Integer epochs;

    @Option(names = "--batch", paramLabel = "N", description = "Images a step.")
    private @Nullable Integer batch;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of everything random.")
    private @Nullable Long seed;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Any setting, over everything else; may be repeated. See: gramian settings")
    private List<String> assignments = new ArrayList<>();

    /** Adds what was given; single settings come last. */
    ConfigResolver over(ConfigResolver resolver) {
        option(resolver, "--data", "data", data);
        option(resolver, "--data-dir", "data_dir", dataDir);
        option(resolver, "--epochs", "epochs", epochs);
        option(resolver, "--batch", "batch", batch);
        option(resolver, "--seed", "seed", seed);
        assignments.forEach(resolver::assignment);
        return resolver;
    }

    /** Adds an option's value, if it was given. */
    static void option(ConfigResolver resolver, String option, String key, @Nullable Object value) {
        if (value != null) {
            resolver.option(option, key, value);
        }
    }
}
