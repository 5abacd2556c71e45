package io.gramian.models.train;

import io.gramian.backend.Optimizers.LarsForm;
import io.gramian.models.config.ConfigException;
import io.gramian.models.config.ConfigFile;
import io.gramian.models.config.Settings;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A resolved configuration of one training run.
 *
 * @param system what is trained
 * @param data name of the data set, as in {@code fashion-mnist}
 * @param dataDir where its files lie; empty for the usual places
 * @param limit how many training images to use; 0 for all
 * @param validation training images that are held out and evaluated on in place of the test images; 0 for none
 * @param seed of everything random
 * @param epochs passes over the training images
 * @param batch images a step
 * @param minutes time after which training stops cleanly; 0 for none
 * @param views augmented views of each image
 * @param accumulate parts in which a batch passes the network, with the loss of the whole batch
 * @param clip largest norm of all gradients together; 0 for no limit
 * @param optimizer the optimiser
 * @param schedule the learning rate over time
 * @param record what is written during training
 * @param settings all of it by key
 */
public record TrainConfig(
        SslSystem system,
        String data,
        String dataDir,
        int limit,
        int validation,
        long seed,
        int epochs,
        int batch,
        double minutes,
        int views,
        int accumulate,
        double clip,
        OptimizerChoice optimizer,
        ScheduleChoice schedule,
        Recording record,
        Settings settings) {

    /**
     * Settings of an optimiser; those that the chosen one does not have are ignored.
     *
     * @param name {@code sgd}, {@code adam}, {@code adamw}, {@code lars} or {@code lamb}
     * @param learningRate peak of the schedule, already scaled with the batch if asked for
     * @param biasFactor what the rate is multiplied with for biases and norms
     * @param momentum of SGD and LARS
     * @param weightDecay coupled, but for AdamW and LAMB
     * @param beta1 of Adam, AdamW and LAMB
     * @param beta2 of Adam, AdamW and LAMB
     * @param eps of Adam, AdamW and LAMB
     * @param trust coefficient of LARS
     * @param larsForm which LARS
     * @param clip the clipped form of LARS (raw gradient norm, rate at most the learning rate)
     * @param excludeVectors whether biases and norms have no weight decay and no trust ratio
     * @param exclude beginnings of the names of other parameters without both
     * @param rates factors of the rate by the beginning of a parameter's name
     */
    public record OptimizerChoice(
            String name,
            double learningRate,
            double biasFactor,
            double momentum,
            double weightDecay,
            double beta1,
            double beta2,
            double eps,
            double trust,
            LarsForm larsForm,
            boolean clip,
            boolean excludeVectors,
            List<String> exclude,
            Map<String, Double> rates) {
        /** Copies the list and the map, whose order is kept. */
        public OptimizerChoice {
            exclude = List.copyOf(exclude);
            rates = Collections.unmodifiableMap(new LinkedHashMap<>(rates));
        }

        /** Whether a parameter has no weight decay and no trust ratio; {@code vector}: whether it is a bias or of a norm. */
        boolean excludes(String parameter, boolean vector) {
            return (vector && excludeVectors)
                    || exclude.stream().anyMatch(name -> ParameterNames.match(name, parameter));
        }
    }

    /**
     * A learning-rate schedule.
     *
     * @param name {@code cosine}, {@code constant} or {@code drops}
     * @param warmupEpochs linear warm-up in epochs, if warmupSteps is 0
     * @param warmupSteps linear warm-up in steps
     * @param finalFactor part of the peak where the cosine ends
     * @param drops epochs before the end at which the rate drops
     * @param dropFactor what it is multiplied with there
     */
    public record ScheduleChoice(
            String name,
            double warmupEpochs,
            int warmupSteps,
            double finalFactor,
            List<Integer> drops,
            double dropFactor) {}

    /**
     * What is written during training.
     *
     * @param steps steps between metrics
     * @param spectrumSteps steps between spectra; 0 for none
     * @param probe images of the fixed batch whose spectrum is taken
     * @param checkpointSteps steps between checkpoints; 0 for one an epoch
     */
    public record Recording(int steps, int spectrumSteps, int probe, int checkpointSteps) {}

    /** The configuration that settings with every layer applied stand for. */
    static TrainConfig of(Settings settings) {
        return of(settings, Systems.named(settings.text("method")));
    }

    /** The same for a system that need not be one of {@link Systems}. */
    static TrainConfig of(Settings s, SslSystem system) {
        int batch = s.small("batch");
        if (batch < 2) {
            throw new ConfigException(
                    "batch must be 2 or more, since the loss compares images of a batch, got " + batch);
        }
        checkViews(s, system);
        checkParts(batch, s.small("accumulate"));
        system.check(s);
        return new TrainConfig(
                system,
                s.text("data"),
                s.text("data_dir"),
                s.small("limit"),
                s.small("validation"),
                s.integer("seed"),
                s.small("epochs"),
                batch,
                s.number("minutes"),
                s.small("views"),
                s.small("accumulate"),
                s.number("clip"),
                OptimizerSettings.of(s, batch),
                new ScheduleChoice(
                        s.text("schedule.name"),
                        s.number("schedule.warmup_epochs"),
                        s.small("schedule.warmup_steps"),
                        s.number("schedule.final_factor"),
                        s.integers("schedule.drops"),
                        s.number("schedule.drop_factor")),
                new Recording(
                        s.small("record.steps"),
                        spectrumSteps(s),
                        s.small("record.probe"),
                        s.small("record.checkpoint_steps")),
                s);
    }

    private static void checkViews(Settings s, SslSystem system) {
        if (system.manyViews()) {
            return;
        }
        if (s.small("views") > 2) {
            throw new ConfigException(
                    "views must be 2 for method " + system.name() + ", got " + s.small("views") + "; leave it out");
        }
        String local = AugmentationSettings.LOCAL_VIEWS;
        if (s.small(local) > 0) {
            List<String> many = Systems.all().stream()
                    .filter(SslSystem::manyViews)
                    .map(SslSystem::name)
                    .toList();
            throw new ConfigException(
                    local + " must be 0 for method " + system.name() + ", which compares two views, got "
                            + s.small(local) + "; methods of any number of views are " + String.join(", ", many));
        }
    }

    private static void checkParts(int batch, int parts) {
        if (batch % parts == 0 && batch / parts >= 2) {
            return;
        }
        int near = parts;
        while (batch % near != 0 || batch / near < 2) {
            near--;
        }
        throw new ConfigException("accumulate must divide the batch of " + batch
                + " images into parts of 2 or more, got " + parts + "; for example --set accumulate=" + near);
    }

    /**
     * Steps between spectra. A step runs batch x views images forward and backward, which is about three times forward, and
     * the probe its images forward: after so many steps that is at most a hundredth.
     */
    private static int spectrumSteps(Settings s) {
        int asked = s.small("record.spectrum_steps");
        double forward = 3.0 * s.small("batch") * s.small("views");
        return asked >= 0 ? asked : (int) Math.max(50, Math.ceil(100 * s.small("record.probe") / forward));
    }

    /** As YAML, every setting written out: what config.yaml holds. */
    public String toYaml() {
        return ConfigFile.write(settings, "Resolved configuration of a gramian run; use it again with --config");
    }

    /** A digest of every setting that changes what is computed: two runs with the same digest compute the same. */
    public String digest() {
        Map<String, Object> values = new java.util.TreeMap<>(settings.values());
        values.keySet().removeIf(key -> !counts(key));
        return ConfigFile.digest(values);
    }

    /** Whether a setting changes what training computes. */
    static boolean counts(String key) {
        return !key.equals("data_dir")
                && !key.equals("minutes")
                && !key.startsWith("record.")
                && !key.startsWith("evaluation.");
    }
}
