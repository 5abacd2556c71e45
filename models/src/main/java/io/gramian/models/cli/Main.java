package io.gramian.models.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The {@code gramian} command. Exit codes: 0 done, 1 failure, 2 wrong usage, 130 interrupted. */
@Command(
        name = "gramian",
        versionProvider = BuildVersion.class,
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND",
        description = "Self-supervised learning on the JVM: from images to a spectrum.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:failure", "2:wrong usage", "130:interrupted by Ctrl-C; a checkpoint was saved"},
        footer = {
            "",
            "In a checkout, ./gramian test runs every test, ./gramian setup only installs and builds, and",
            "./gramian gpu-pack writes one folder for a machine with a GPU."
        },
        subcommands = {
            PretrainCommand.class,
            ResumeCommand.class,
            EvaluateCommand.class,
            SpectrumCommand.class,
            ReportCommand.class,
            CompareCommand.class,
            ExportCommand.class,
            EmbedCommand.class,
            LossCommand.class,
            SweepCommand.class,
            CollapseCommand.class,
            BenchCommand.class,
            DoctorCommand.class,
            MethodsCommand.class,
            RecipesCommand.class,
            SettingsCommand.class,
            CompletionCommand.class
        })
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    /** Made by {@link #commandLine()}. */
    Main() {}

    /** Runs the command line and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The parser with its error handling: for {@link #main} and for tests. */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler(new ErrorLine());
        line.setParameterExceptionHandler(new ErrorLine());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setAbbreviatedOptionsAllowed(false);
        line.setUsageHelpAutoWidth(true);
        line.setUsageHelpLongOptionsMaxWidth(32);
        return line;
    }

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        spec.commandLine().usage(out);
    }
}
