package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.models.config.ConfigException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.data.ImageDataset;
import io.gramian.models.data.Subset;
import io.gramian.models.eval.Evaluation;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.report.Report;
import io.gramian.models.ssl.BackboneSettings;
import io.gramian.models.train.Checkpoint;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.Interruption;
import io.gramian.models.train.LayerPrecision;
import io.gramian.models.train.Loading;
import io.gramian.models.train.Outcome;
import io.gramian.models.train.Pretrainer;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** A run from its configuration to its report. */
final class RunSession {
    private static final int INTERRUPTED = 130;

    private final PrintWriter out;
    private final boolean trainOnly;
    private final Device device;
    private final boolean captures;
    private final EvaluationPlan plan;

    RunSession(PrintWriter out, boolean trainOnly, Device device, boolean captures) {
        this(out, trainOnly, device, captures, EvaluationPlan.basic(Evaluation.Settings.defaults()));
    }

    /** The same with a plan for the evaluation. */
    RunSession(PrintWriter out, boolean trainOnly, Device device, boolean captures, EvaluationPlan plan) {
        this.plan = plan;
        this.out = out;
        this.trainOnly = trainOnly;
        this.device = device;
        this.captures = captures;
    }

    /** A new run. Its folder is made when the data was found, so that a typing error leaves nothing behind. */
    int start(TrainConfig config, Supplier<RunFolder> make) {
        LayerPrecision.check(config, device);
        DatasetSpec data = RunData.open(config);
        check(config, data);
        try (ImageDataset images = images(config, data);
                RunFolder folder = checked(config, data, images, make)) {
            AtomicFile.writeString(folder.config(), config.toYaml());
            return train(config, data, images, folder);
        }
    }

    /** Refuses networks and small views that do not fit the images, before there is a folder. */
    static void check(TrainConfig config, DatasetSpec data) {
        BackboneSettings.check(config.settings(), Loading.size(config, data));
        Loading.views(config, data);
    }

    /** Weights to start from and names of parameters are tried before there is a folder. */
    private RunFolder checked(TrainConfig config, DatasetSpec data, ImageDataset images, Supplier<RunFolder> make) {
        Pretrainer.rehearse(config, data, images, device);
        return make.get();
    }

    /** A run that was stopped. */
    int resume(Path path) {
        try (RunFolder folder = RunFolder.lock(path)) {
            TrainConfig config = new ConfigResolver().file(folder.config()).resolve();
            if (Files.exists(folder.model()) && !Files.exists(folder.checkpoint())) {
                throw new GramianException("the run " + path + " is finished and has no checkpoint to go on from");
            }
            Checkpoint.check(folder, config);
            DatasetSpec data = RunData.open(config);
            try (ImageDataset images = images(config, data)) {
                return train(config, data, images, folder);
            }
        }
    }

    /** What training sees; checked before a folder is made. */
    static ImageDataset images(TrainConfig config, DatasetSpec data) {
        ImageDataset images = Subset.first(data.pretrain(), config.limit());
        if (images.size() < config.batch()) {
            String words = images.size() + " training images";
            images.close();
            throw new ConfigException("batch must be at most the " + words + ", got " + config.batch()
                    + "; make it smaller with --batch");
        }
        return images;
    }

    private int train(TrainConfig config, DatasetSpec data, ImageDataset images, RunFolder folder) {
        out.println("run folder " + folder.path());
        Outcome outcome;
        try (Interruption interruption = new Interruption();
                ConsoleProgress progress = new ConsoleProgress(out, ConsoleProgress.terminal());
                Pretrainer pretrainer = Pretrainer.of(config, folder, data, images, device, progress)) {
            outcome = pretrainer.captureSteps(captures).train(interruption);
            if (outcome.reason() == Outcome.Reason.INTERRUPTED) {
                out.println("stopped after step " + outcome.step() + " of " + outcome.steps()
                        + "; go on with: gramian resume " + folder.path());
                out.flush();
                return INTERRUPTED;
            }
        }
        device.backend().memory().trim();
        out.printf(
                Locale.ROOT,
                "trained %,d steps in %.0f s; waited %.2f s for images; %s%n",
                outcome.step(),
                outcome.seconds(),
                outcome.waitSeconds(),
                outcome.reason() == Outcome.Reason.TIME_OVER ? "the time was over" : "all epochs are done");
        out.flush();
        if (!trainOnly) {
            report(config, data, folder);
        }
        return 0;
    }

    /** Evaluates a run that was trained, and writes its report. */
    int evaluate(Path path) {
        try (RunFolder folder = RunFolder.lock(path)) {
            TrainConfig config = new ConfigResolver().file(folder.config()).resolve();
            if (!Files.exists(folder.model()) && !Files.exists(folder.checkpoint())) {
                throw new GramianException("the run " + path
                        + " has neither a model nor a checkpoint yet; train it first: " + "gramian resume " + path);
            }
            report(config, RunData.open(config), folder);
        }
        return 0;
    }

    private void report(TrainConfig config, DatasetSpec data, RunFolder folder) {
        new RunEvaluation(config, data, folder, out, device, plan).run();
        RunSummary.write(config, data, folder);
        out.println("report " + Report.write(folder.path()));
        out.flush();
    }
}
