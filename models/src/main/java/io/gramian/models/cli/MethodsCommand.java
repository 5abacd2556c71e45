package io.gramian.models.cli;

import io.gramian.models.config.Setting;
import io.gramian.models.ssl.SslSystem;
import io.gramian.models.ssl.Systems;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

@Command(name = "methods", description = "Lists the methods and the settings of their losses.")
final class MethodsCommand extends TextCommand {
    @Override
    public Integer call() {
        PrintWriter out = out();
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
