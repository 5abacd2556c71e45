package io.gramian.models.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = "Prints a script that completes commands and options in the shell.",
        footer = {"", "Example:", "  source <(./gramian completion bash)"})
final class CompletionCommand implements Callable<Integer> {
    /** Shells for which there is a script. */
    enum Shell {
        bash,
        zsh
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @SuppressWarnings("UnusedVariable") // picocli checks the name; one script serves both
    @Parameters(paramLabel = "SHELL", description = "bash or zsh: the script is the same.", defaultValue = "bash")
    private Shell shell = Shell.bash;

    @Override
    public Integer call() {
        CommandLine root = spec.root().commandLine();
        spec.commandLine().getOut().print(AutoComplete.bash("gramian", root));
        spec.commandLine().getOut().flush();
        return 0;
    }
}
