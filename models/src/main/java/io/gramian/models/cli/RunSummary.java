package io.gramian.models.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.gramian.Device;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.report.RunArtifacts;
import io.gramian.models.train.Metrics;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Writes what the head of the report says about a run, from its metrics: also after any number of interruptions. */
final class RunSummary {
    private RunSummary() {}

    static void write(TrainConfig config, DatasetSpec data, RunFolder folder) {
        double seconds = 0;
        long images = 0;
        long before = 0;
        int epochs = 0;
        for (JsonNode line : Metrics.read(folder.metrics())) {
            if (line.path("type").asText().equals("step")) {
                long step = line.path("step").asLong();
                long now = (step - before) * config.batch();
                seconds += seconds(line, now, config.batch());
                images += now;
                before = step;
                epochs = Math.max(epochs, line.path("epoch").asInt() + 1);
            }
        }
        try (ImageDataset train = data.pretrain()) {
            int count = config.limit() > 0 ? Math.min(config.limit(), train.size()) : train.size();
            List<String> classes = IntStream.range(0, train.classes())
                    .mapToObj(train::className)
                    .toList();
            Map<String, String> environment = new LinkedHashMap<>(RunArtifacts.environment(Device.cpu()));
            environment.put("Version", BuildVersion.line());
            RunArtifacts.writeSummary(
                    folder.path(),
                    new RunArtifacts.Summary(
                            config.system().name(),
                            config.data(),
                            classes,
                            count,
                            epochs,
                            seconds,
                            images / Math.max(1e-9, seconds),
                            environment));
        }
    }

    /** Time of the steps since the line before; where not every step has a line, this one stands for them. */
    private static double seconds(JsonNode line, long images, int batch) {
        double seconds = line.path("seconds").asDouble(Double.NaN);
        return Double.isFinite(seconds)
                ? seconds * images / batch
                : images / Math.max(1e-9, line.path("images_per_second").asDouble());
    }
}
