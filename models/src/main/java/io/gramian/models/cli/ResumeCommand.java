package io.gramian.models.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "resume",
        description = "Goes on with a stopped run from its last checkpoint, bit for bit as if it had never stopped.",
        footer = {"", "Example:", "  gramian resume runs/20260101-120000-simclr-fashion-mnist"})
final class ResumeCommand extends RunCommand {
    @Mixin
    private DeviceOption at = new DeviceOption();

    @Option(names = "--no-evaluation", description = "Train only: no evaluation, no report.")
    private boolean trainOnly;

    @Option(names = "--no-cuda-graph", description = "On a GPU, run every step as it is, instead of a captured one.")
    private boolean uncaptured;

    @Override
    public Integer call() {
        return new RunSession(out(), trainOnly, at.device(), !uncaptured).resume(run());
    }
}
