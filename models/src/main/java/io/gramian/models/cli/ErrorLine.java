package io.gramian.models.cli;

import io.gramian.GramianException;
import io.gramian.models.config.ConfigException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** A failure as one sentence on standard error; {@code --debug} adds the stack trace. */
final class ErrorLine implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private static final int FAILURE = 1;
    private static final int USAGE = 2;

    @Override
    public int handleExecutionException(Exception failure, CommandLine line, ParseResult result) {
        print(failure, line, debug(result));
        return failure instanceof ConfigException ? USAGE : FAILURE;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine line = failure.getCommandLine();
        PrintWriter err = line.getErr();
        Throwable cause = failure.getCause();
        String message = cause instanceof ConfigException ? sentence(cause) : String.valueOf(failure.getMessage());
        err.println("gramian: " + message.lines().findFirst().orElse("wrong usage"));
        if (!UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("Try: " + line.getCommandSpec().qualifiedName() + " --help");
        }
        err.flush();
        return USAGE;
    }

    private static boolean debug(ParseResult result) {
        ParseResult last = result;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return last.hasMatchedOption("--debug");
    }

    private static void print(Exception failure, CommandLine line, boolean debug) {
        PrintWriter err = line.getErr();
        err.println("gramian: " + sentence(failure));
        if (debug) {
            failure.printStackTrace(err);
        } else if (!(failure instanceof GramianException || failure instanceof IllegalArgumentException)) {
            err.println("Add --debug to see where this happened.");
        }
        err.flush();
    }

    /** What a failure says, without line breaks. */
    static String sentence(Throwable failure) {
        String message = failure.getMessage();
        if (failure instanceof NoSuchFileException) {
            message = "there is no file " + message;
        } else if (message == null || message.isBlank()) {
            message = failure.getClass().getSimpleName();
        }
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
