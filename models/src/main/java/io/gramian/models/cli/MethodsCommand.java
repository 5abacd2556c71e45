package io.gramian.models.cli;

import io.gramian.models.config.Setting;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "methods", description = "Lists the methods and the settings of their losses.")
final class MethodsCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli injects it before anything runs
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (SslSystem system : Systems.all()) {
            out.printf("%s: %s%n  %s%n", system.name(), system.summary(), system.paper());
            for (Setting setting : system.lossSettings()) {
                out.printf("  %-20s %-10s %s%n", setting.key(), setting.initial(), setting.meaning());
            }
            out.println();
        }
        out.flush();
        return 0;
    }
}
