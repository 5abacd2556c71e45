package io.gramian.models.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code metrics.jsonl} says. A later entry of the same step replaces the earlier one: a resumed run repeats
 * steps.
 */
record RunMetrics(
        List<Step> steps,
        List<SpectrumAt> spectra,
        List<SpectrumAt> representations,
        List<Warning> warnings,
        List<Online> online,
        List<Integer> badLines) {
    /** One training step; NaN where a number is missing. */
    record Step(long step, double epoch, double loss, double lr, double imagesPerSecond, double dataWaitSeconds) {}

    /** The spectrum of the embeddings of the probe batch; largest singular value first. */
    record SpectrumAt(
            long step, double epoch, double[] singularValues, double effectiveRank, double rankMe, double std) {}

    /** What a spectrum warned of. */
    record Warning(long step, String name, String where, String finding, String advice) {}

    /** Running accuracy of the probe that learns beside the training. */
    record Online(long step, double accuracy) {}

    /** The same steps with the spectra of the representations in place of those of the embeddings. */
    RunMetrics ofRepresentations() {
        return new RunMetrics(steps, representations, List.of(), List.of(), List.of(), badLines);
    }

    static RunMetrics parse(List<String> lines) {
        ObjectMapper json = new ObjectMapper();
        RunMetrics metrics = new RunMetrics(
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) {
                continue;
            }
            try {
                metrics.add(json.readTree(lines.get(i)));
            } catch (JsonProcessingException bad) {
                metrics.badLines.add(i + 1);
            }
        }
        return metrics;
    }

    private void add(JsonNode node) {
        long step = node.path("step").asLong();
        if (node.path("type").asText().equals("step")) {
            while (!steps.isEmpty() && steps.get(steps.size() - 1).step() >= step) {
                steps.remove(steps.size() - 1);
            }
            steps.add(new Step(
                    step,
                    number(node, "epoch"),
                    number(node, "loss"),
                    number(node, "lr"),
                    number(node, "images_per_second"),
                    number(node, "data_wait_seconds")));
        } else if (node.path("type").asText().equals("spectrum")) {
            spectra.removeIf(earlier -> earlier.step() >= step);
            representations.removeIf(earlier -> earlier.step() >= step);
            warnings.removeIf(earlier -> earlier.step() >= step);
            spectra.add(spectrum(node, node));
            if (node.has("representation")) {
                representations.add(spectrum(node, node.path("representation")));
            }
            for (JsonNode warning : node.path("warnings")) {
                warnings.add(new Warning(
                        step,
                        warning.path("name").asText(),
                        warning.path("where").asText(),
                        warning.path("finding").asText(),
                        warning.path("advice").asText()));
            }
        } else if (node.path("type").asText().equals("online_probe")) {
            online.removeIf(earlier -> earlier.step() >= step);
            online.add(new Online(step, number(node, "accuracy")));
        }
    }

    private static SpectrumAt spectrum(JsonNode line, JsonNode part) {
        JsonNode list = part.path("singular_values");
        double[] values = new double[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).isNumber() ? list.get(i).doubleValue() : Double.NaN;
        }
        return new SpectrumAt(
                line.path("step").asLong(),
                number(line, "epoch"),
                values,
                number(part, "effective_rank"),
                number(part, "rankme"),
                number(part, "std"));
    }

    private static double number(JsonNode node, String name) {
        JsonNode value = node.path(name);
        return value.isNumber() ? value.doubleValue() : Double.NaN;
    }
}
