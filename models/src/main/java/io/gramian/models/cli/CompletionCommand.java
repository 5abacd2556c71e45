package io.gramian.models.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        description = "Prints a script that completes commands and options in the shell.",
        footer = {"", "Example:", "  source <(./gramian completion bash)"})
final class CompletionCommand extends TextCommand {
    /** Shells for which there is a script. */
    enum Shell {
        bash,
        zsh
    }

    @SuppressWarnings("UnusedVariable") // picocli checks the name; one script serves both
    @Parameters(paramLabel = "SHELL", description = "bash or zsh: the script is the same.", defaultValue = "bash")
    private Shell shell = Shell.bash;

    @Override
    public Integer call() {
        CommandLine root = spec().root().commandLine();
        out().print(AutoComplete.bash("gramian", root));
        out().flush();
        return 0;
    }
}
