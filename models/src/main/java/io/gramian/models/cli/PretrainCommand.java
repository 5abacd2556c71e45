package io.gramian.models.cli;

import io.gramian.models.train.RunFolder;
import io.gramian.models.train.TrainConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "pretrain",
        description = {
            "Trains a network on images without labels, evaluates it, and writes a report.",
            "Without options: Fashion-MNIST, a few minutes on two cores."
        },
        footer = {
            "",
            "Examples:",
            "  gramian pretrain",
            "  gramian pretrain --method vicreg --epochs 3",
            "  gramian pretrain --recipe barlow-twins-cifar10 --data-dir data",
            "  gramian pretrain --data folder:photos --minutes 30 --set network.width=32",
            "Ctrl-C saves a checkpoint; gramian resume RUN goes on from it."
        })
final class PretrainCommand extends ComputeCommand {
    @Mixin
    private ConfigOptions options = new ConfigOptions();

    @Mixin
    private DeviceOption at = new DeviceOption();

    @Option(
            names = "--runs",
            paramLabel = "DIR",
            defaultValue = "runs",
            description = "Where run folders are made; default: ${DEFAULT-VALUE}")
    private Path runs = Path.of("runs");

    @Option(names = "--out", paramLabel = "DIR", description = "Use exactly this folder, new or empty.")
    private @Nullable Path out;

    @Option(names = "--no-evaluation", description = "Train only: no evaluation, no report.")
    private boolean trainOnly;

    @Option(names = "--no-cuda-graph", description = "On a GPU, run every step as it is, instead of a captured one.")
    private boolean uncaptured;

    @Override
    public Integer call() {
        TrainConfig config = options.resolve();
        return new RunSession(out(), trainOnly, at.device(), !uncaptured)
                .start(
                        config,
                        () -> out != null
                                ? RunFolder.createAt(out)
                                : RunFolder.create(runs, config.system().name(), config.data()));
    }
}
