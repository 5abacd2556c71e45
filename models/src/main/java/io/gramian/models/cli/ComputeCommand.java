package io.gramian.models.cli;

import picocli.CommandLine.Mixin;

/** A command that computes: {@code --threads} and {@code --debug}. */
abstract class ComputeCommand extends TextCommand {
    @Mixin
    @SuppressWarnings("UnusedVariable") // declares the options; picocli keeps their values
    private CommonOptions common = new CommonOptions();
}
