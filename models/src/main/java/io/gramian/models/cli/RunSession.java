package io.gramian.models.cli;

import io.gramian.Device;
import io.gramian.GramianException;
import io.gramian.models.data.DatasetSpec;
import io.gramian.models.format.AtomicFile;
import io.gramian.models.train.ConfigResolver;
import io.gramian.models.train.Interruption;
import io.gramian.models.train.Outcome;
import io.gramian.models.train.Pretrainer;
import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;

/** A run from its configuration to its report. */
final class RunSession {
    private static final int INTERRUPTED = 130;

    private final PrintWriter out;
    private final boolean trainOnly;

    RunSession(CommandSpec spec, boolean trainOnly) {
        this.out = spec.commandLine().getOut();
        this.trainOnly = trainOnly;
    }

    /** A new run. Its folder is made when the data was found, so that a typing error leaves nothing behind. */
    int start(TrainConfig config, Supplier<RunFolder> make) {
        DatasetSpec data = RunData.open(config);
        try (RunFolder folder = make.get()) {
            AtomicFile.writeString(folder.config(), config.toYaml());
            return train(config, data, folder);
        }
    }

    /** A run that was stopped. */
    int resume(Path path) {
        try (RunFolder folder = RunFolder.lock(path)) {
            TrainConfig config = new ConfigResolver().file(folder.config()).resolve();
            if (Files.exists(folder.path().resolve("model.safetensors")) && !Files.exists(folder.checkpoint())) {
                throw new GramianException("the run " + path + " is finished and has no checkpoint to go on from");
            }
            return train(config, RunData.open(config), folder);
        }
    }

    private int train(TrainConfig config, DatasetSpec data, RunFolder folder) {
        out.println("run folder " + folder.path());
        Outcome outcome;
        try (Interruption interruption = new Interruption();
                ConsoleProgress progress = new ConsoleProgress(out, ConsoleProgress.terminal());
                Pretrainer pretrainer = Pretrainer.of(config, folder, data, Device.cpu(), progress)) {
            outcome = pretrainer.train(interruption);
            if (outcome.reason() == Outcome.Reason.INTERRUPTED) {
                out.println("stopped after step " + outcome.step() + " of " + outcome.steps()
                        + "; go on with: gramian resume " + folder.path());
                out.flush();
                return INTERRUPTED;
            }
        }
        Device.cpu().backend().memory().trim();
        out.printf(
                Locale.ROOT,
                "trained %,d steps in %.0f s; waited %.2f s for images; %s%n",
                outcome.step(),
                outcome.seconds(),
                outcome.waitSeconds(),
                outcome.reason() == Outcome.Reason.TIME_OVER ? "the time was over" : "all epochs are done");
        out.flush();
        if (!trainOnly) {
            RunEvaluation.run(config, data, folder, outcome, out);
        }
        return 0;
    }
}
