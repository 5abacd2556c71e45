package io.gramian.models.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "evaluate",
        description = "Evaluates a run by kNN and a linear probe, beside its untrained network and raw pixels.",
        footer = {"", "Example:", "  gramian evaluate runs/20260101-120000-simclr-fashion-mnist"})
final class EvaluateCommand extends RunCommand {
    @Mixin
    private DeviceOption at = new DeviceOption();

    @Override
    public Integer call() {
        return new RunSession(out(), false, at.device(), true).evaluate(run());
    }
}
