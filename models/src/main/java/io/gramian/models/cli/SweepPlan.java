package io.gramian.models.cli;

import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.report.SweepPage;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.TrainConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What a sweep trains, and where. Everything that can be wrong with it is found before anything is made.
 *
 * @param out folder of the sweep, with one folder a run
 * @param runs configuration of each
 */
record SweepPlan(Path out, List<TrainConfig> runs) {
    private static final String BASELINES = "baselines";
    /** Where files lie and how long training may take change nothing of what is computed. */
    private static final Set<String> SILENT = Set.of("data_dir", "minutes");

    private static final Set<String> IMAGES = Set.of("data", "limit", "validation", "seed", "augmentation.size");

    /**
     * The plan for these runs.
     *
     * @throws ConfigException if the folder holds something else, or runs with other settings
     */
    static SweepPlan of(Path out, List<TrainConfig> runs) {
        SweepPlan plan = new SweepPlan(out, List.copyOf(runs));
        plan.checkFolder();
        for (TrainConfig config : runs) {
            check(plan.folder(config), config, key -> !SILENT.contains(key) && !key.startsWith("record."));
            check(plan.baselines(config), config, SweepPlan::ofBaseline);
        }
        plan.checkImages();
        return plan;
    }

    private void checkFolder() {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new ConfigException("--out: " + out + " is a file, expected a folder; name another one");
        }
        if (!Files.exists(out) || Files.isRegularFile(out.resolve(SweepPage.NUMBERS))) {
            return;
        }
        try (Stream<Path> entries = Files.list(out)) {
            entries.sorted().findFirst().ifPresent(first -> {
                throw new ConfigException("--out: " + out + " holds something else than a sweep, such as "
                        + first.getFileName() + "; name a new folder");
            });
        } catch (IOException e) {
            throw new UncheckedIOException("--out: " + out + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Compares the settings of a folder that is there with those that are wanted. */
    private static void check(Path folder, TrainConfig wanted, Predicate<String> counts) {
        Path file = folder.resolve("config.yaml");
        if (!Files.isRegularFile(file)) {
            return;
        }
        Map<String, Object> there =
                new ConfigResolver().file(file).resolve().settings().values();
        wanted.settings().values().forEach((key, value) -> {
            if (counts.test(key) && !Objects.equals(there.get(key), value)) {
                throw new ConfigException("--out: " + folder + " was made with " + key + " " + there.get(key)
                        + ", now it is " + value + "; use the same settings, or name another folder");
            }
        });
    }

    /** The images are the same for all runs: of a size that each network takes, and enough of them for the largest batch. */
    private void checkImages() {
        TrainConfig largest = runs.get(0);
        for (TrainConfig config : runs) {
            RunSession.check(config, RunData.open(config));
            largest = config.batch() > largest.batch() ? config : largest;
        }
        DatasetSpec data = RunData.open(largest);
        try (ImageDataset images = RunSession.images(largest, data);
                ImageDataset test = data.test()) {
            if (test.size() == 0) {
                throw new ConfigException("data: " + images.name() + " has no test images; expected at least one");
            }
        }
    }

    /** Folder of a run. */
    Path folder(TrainConfig config) {
        return out.resolve(config.system().name());
    }

    /** Folder of what a run is compared with: one for all runs whose networks start the same. */
    Path baselines(TrainConfig config) {
        Map<String, Object> network = network(config);
        TrainConfig first = runs.stream()
                .filter(run -> network(run).equals(network))
                .findFirst()
                .orElse(config);
        boolean common = network.equals(network(runs.get(0)));
        return out.resolve(common ? BASELINES : BASELINES + "-" + first.system().name());
    }

    /** Configurations with folders of baselines of their own, one each. */
    List<TrainConfig> networks() {
        List<TrainConfig> different = new ArrayList<>();
        for (TrainConfig run : runs) {
            if (different.stream().noneMatch(each -> network(each).equals(network(run)))) {
                different.add(run);
            }
        }
        return different;
    }

    private static Map<String, Object> network(TrainConfig config) {
        Map<String, Object> values = new LinkedHashMap<>(config.settings().values());
        values.keySet().removeIf(key -> !ofBaseline(key));
        return values;
    }

    private static boolean ofBaseline(String key) {
        return key.startsWith("network.") || key.startsWith("evaluation.") || IMAGES.contains(key);
    }
}
