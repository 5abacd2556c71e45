package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.train.TrainConfig;
import java.nio.file.Path;

/** The data set that a configuration names. */
final class RunData {
    private RunData() {}

    static DatasetSpec open(TrainConfig config) {
        Path folder = config.dataDir().isEmpty() ? null : Path.of(config.dataDir());
        try {
            return DatasetSpec.parse(config.data(), folder).withValidation(config.validation());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
    }
}
